// Clusterbench measures the operator with a thousand ScaledObjects or more on one
// Redis: how long until all have their HPAs, how long after a burst until all
// Deployments have the right size, what it takes meanwhile, and what it asks of
// the API server.
//
// Before that, and in a cluster of its own, a bare client does the same with the
// API server. The ratio to it says what is the operator's, and does not depend on
// the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

func main() {
	objects := flag.String("objects", "1000", "how many ScaledObjects there are; several numbers with commas between them are measured in turn")
	replicas := flag.Int("replicas", 0, "how many replicas the burst calls for; 0: so many that there are 10,000 pods")
	idle := flag.Duration("idle", time.Minute, "how long the idle operator is looked at")
	profiles := flag.String("profile", "", "directory for profiles of the API server and the operator in each phase; empty: none are made")
	withBare := flag.Bool("bare", true, "measure a bare client before the operator")
	flag.Parse()
	for text := range strings.SplitSeq(*objects, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "-objects: %q is not a number of at least 1\n", text)
			os.Exit(2)
		}
		b := bench{objects: n, replicas: *replicas, idle: *idle, profiles: *profiles}
		if b.replicas == 0 {
			b.replicas = max(1, 10_000/n)
		}
		if err := measure(b, *withBare); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// measure has the bare client and then the operator go through all phases, each in
// a cluster of its own, and prints the table.
func measure(b bench, withBare bool) error {
	floor, ours := b, b
	if withBare {
		if err := floor.in(bare); err != nil {
			return err
		}
	}
	if err := ours.in(managed); err != nil {
		return err
	}
	print(&floor, &ours)
	return nil
}

// A bench is one run through all phases.
type bench struct {
	objects, replicas int
	idle              time.Duration
	profiles          string

	cluster  *cluster.Cluster
	audit    audit
	client   *kubernetes.Clientset
	applier  *cluster.Applier
	redis    *broker.Redis
	operator *operator.Replica // nil: there is none
	pprof    int               // the port where the operator's profiles are

	phases      []phase
	memory      peak
	connections int // to Redis
}

// in runs in a cluster.
func (b *bench) in(run func(*bench, context.Context, *operator.Installation) error) error {
	dir, err := os.MkdirTemp("", "clusterbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	flags, err := b.audit.flags(dir)
	if err != nil {
		return err
	}
	var failed error
	code := cluster.Run(cluster.Options{Flags: flags}, func(c *cluster.Cluster) int {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		b.cluster = c
		if failed = b.install(ctx, run); failed != nil {
			return 1
		}
		return 0
	})
	if failed == nil && code != 0 {
		return errors.New("there was no cluster")
	}
	return failed
}

func (b *bench) install(ctx context.Context, run func(*bench, context.Context, *operator.Installation) error) (err error) {
	if b.client, err = kubernetes.NewForConfig(b.cluster.Config()); err != nil {
		return err
	}
	if b.applier, err = b.cluster.NewApplier(); err != nil {
		return err
	}
	dir, err := b.cluster.TempDir("redis")
	if err != nil {
		return err
	}
	if b.redis, err = broker.StartRedis(ctx, dir); err != nil {
		return err
	}
	defer b.redis.Close()
	installation, err := operator.Install(ctx, b.cluster)
	if err != nil {
		return err
	}
	defer installation.Close()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	return run(b, ctx, installation)
}

// managed has the operator do it.
func managed(b *bench, ctx context.Context, installation *operator.Installation) (err error) {
	var args []string
	if b.profiles != "" {
		b.pprof = loopback.FreePort()
		args = []string{"--profiling-bind-address=" + loopback.Address(b.pprof), "GODEBUG=memprofilerate=16384"} // one in so many bytes
	}
	if b.operator, err = installation.Start(ctx, args...); err != nil {
		return err
	}
	if err := installation.AwaitAvailable(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := b.watchMemory(ctx)
	nothing := func(context.Context, int) error { return nil }
	for _, step := range []func() error{
		func() error { return b.create(ctx, nothing) },
		func() error { return b.rest(ctx) },
		func() error {
			return b.burst(ctx, func(ctx context.Context) error { return b.push(ctx, b.replicas*perReplica) })
		},
		func() error { return b.countConnections(ctx) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("%w\nthe operator's log ends with: %s", err, b.operator.Tail())
		}
	}
	cancel()
	b.memory = <-watched
	return nil
}

func (b *bench) countConnections(ctx context.Context) error {
	clients, err := b.redis.Client.ClientList(ctx).Result()
	if err != nil {
		return err
	}
	for line := range strings.Lines(clients) {
		if !strings.Contains(line, " cmd=client|list ") { // which is this one
			b.connections++
		}
	}
	return nil
}
