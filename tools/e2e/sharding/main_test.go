package sharding

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var objects = flag.Int("objects", 60, "ScaledObjects")

const (
	shards  = 24
	account = "scalerkit-operator"
)

var (
	r        *rig.Rig
	fleet    []*replica // the first is the one that the API server asks
	auditDir string
)

// A replica has a network of its own, and a token of its own.
type replica struct {
	*operator.Replica
	network *network
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "scalerkit-audit-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	auditDir = dir
	flags, err := audited(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := cluster.Options{HPASync: 5 * time.Second, HPAStabilization: time.Second, Flags: flags}
	return cluster.Run(options, func(c *cluster.Cluster) int {
		r = &rig.Rig{Cluster: c}
		defer stop()
		if err := start(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	})
}

// start starts three replicas.
func start(ctx context.Context) (err error) {
	if r.Client, err = kubernetes.NewForConfig(r.Cluster.Config()); err != nil {
		return err
	}
	if r.Applier, err = r.Cluster.NewApplier(); err != nil {
		return err
	}
	dir, err := r.Cluster.TempDir("sharding")
	if err != nil {
		return err
	}
	if r.Redis, err = broker.StartRedis(ctx, dir); err != nil {
		return err
	}
	if r.Installation, err = operator.Install(ctx, r.Cluster); err != nil {
		return err
	}
	for i := range 3 {
		if err := startReplica(ctx, filepath.Join(dir, fmt.Sprint("kubeconfig-", i))); err != nil {
			return err
		}
	}
	r.Replica = fleet[0].Replica
	return r.Installation.AwaitAvailable(ctx)
}

// startReplica starts one that reaches the API server over a network of its own.
func startReplica(ctx context.Context, kubeconfig string) error {
	path, err := r.Cluster.KubeconfigOf(ctx, r.Installation.Namespace, account)
	if err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	replica := &replica{}
	for _, c := range config.Clusters {
		host, ok := strings.CutPrefix(c.Server, "https://")
		if !ok {
			return errors.New("the API server is at " + c.Server)
		}
		if replica.network, err = newNetwork(host); err != nil {
			return err
		}
		c.Server = "https://" + replica.network.address()
	}
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		return err
	}
	fleet = append(fleet, replica)
	replica.Replica, err = r.Installation.Start(ctx, "--kubeconfig="+kubeconfig, fmt.Sprint("--shards=", shards))
	return err
}

func stop() {
	if r.Installation != nil {
		r.Installation.Close()
	}
	for _, replica := range fleet {
		replica.network.listener.Close()
	}
	if r.Redis != nil {
		r.Redis.Close()
	}
}
