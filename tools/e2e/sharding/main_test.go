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

	"k8s.io/client-go/tools/clientcmd"

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
	defer closeNetworks()
	options := cluster.Options{HPASync: 5 * time.Second, HPAStabilization: time.Second, Flags: flags}
	return rig.RunWith(options, startFleet, func(started *rig.Rig) int {
		r = started
		return m.Run()
	})
}

// startFleet starts three replicas.
func startFleet(ctx context.Context, r *rig.Rig) (started []*operator.Replica, err error) {
	dir, err := r.Cluster.TempDir("sharding")
	if err != nil {
		return nil, err
	}
	for i := range 3 {
		replica, err := startReplica(ctx, r, filepath.Join(dir, fmt.Sprint("kubeconfig-", i)))
		if err != nil {
			return nil, err
		}
		fleet = append(fleet, replica)
		started = append(started, replica.Replica)
	}
	return started, nil
}

// startReplica starts one that reaches the API server over a network of its own.
func startReplica(ctx context.Context, r *rig.Rig, kubeconfig string) (*replica, error) {
	path, err := r.Cluster.KubeconfigOf(ctx, r.Installation.Namespace, account)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	replica := &replica{}
	for _, c := range config.Clusters {
		host, ok := strings.CutPrefix(c.Server, "https://")
		if !ok {
			return nil, errors.New("the API server is at " + c.Server)
		}
		if replica.network, err = newNetwork(host); err != nil {
			return nil, err
		}
		c.Server = "https://" + replica.network.address()
	}
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		return nil, err
	}
	replica.Replica, err = r.Installation.Start(ctx, "--kubeconfig="+kubeconfig, fmt.Sprint("--shards=", shards))
	return replica, err
}

func closeNetworks() {
	for _, replica := range fleet {
		replica.network.listener.Close()
	}
}
