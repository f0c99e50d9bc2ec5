// Package rig is what end-to-end tests of the operator stand on: a cluster in
// which it runs, and a Redis. A test package shares one:
//
//	var r *rig.Rig
//
//	func TestMain(m *testing.M) {
//		os.Exit(rig.Run(func(started *rig.Rig) int {
//			r = started
//			return m.Run()
//		}))
//	}
//
// Each test has a namespace, of which it tells all there is if it fails.
package rig

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
)

// A Rig is a cluster with the operator.
type Rig struct {
	Cluster      *cluster.Cluster
	Client       *kubernetes.Clientset // may do everything
	Applier      *cluster.Applier
	Installation *operator.Installation
	Replica      *operator.Replica   // the first of the Fleet
	Fleet        []*operator.Replica // those that there are at first: one, or as many as SCALERKIT_REPLICAS says, which share the objects
	Redis        *broker.Redis
}

// Run starts a Rig, calls do with it and stops it, also when this process is
// interrupted meanwhile. It returns what do does: an exit code. The arguments
// are the operator's, besides those that it is installed with; see
// [operator.Installation.Start].
//
// The cluster's HPA controller looks at every HPA once a second and remembers no
// higher recommendations, so that tests need not wait for what is not theirs.
func Run(do func(*Rig) int, args ...string) int {
	return RunIn(cluster.Options{HPASync: time.Second, HPAStabilization: time.Second}, do, args...)
}

// RunIn is Run in a cluster of other options.
func RunIn(options cluster.Options, do func(*Rig) int, args ...string) int {
	return RunWith(options, func(ctx context.Context, r *Rig) ([]*operator.Replica, error) {
		return startFleet(ctx, r.Installation, args)
	}, do)
}

// RunWith is RunIn with another Fleet, which fleet starts and returns: at least one
// replica. It has all of the Rig but that.
func RunWith(options cluster.Options, fleet func(context.Context, *Rig) ([]*operator.Replica, error), do func(*Rig) int) int {
	return cluster.Run(options, func(c *cluster.Cluster) int {
		r := &Rig{Cluster: c}
		defer r.stop()
		if err := r.start(context.Background(), fleet); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return do(r)
	})
}

func (r *Rig) start(ctx context.Context, fleet func(context.Context, *Rig) ([]*operator.Replica, error)) (err error) {
	if r.Client, err = kubernetes.NewForConfig(r.Cluster.Config()); err != nil {
		return err
	}
	if r.Applier, err = r.Cluster.NewApplier(); err != nil {
		return err
	}
	dir, err := r.Cluster.TempDir("redis")
	if err != nil {
		return err
	}
	if r.Redis, err = broker.StartRedis(ctx, dir); err != nil {
		return err
	}
	if r.Installation, err = operator.Install(ctx, r.Cluster); err != nil {
		return err
	}
	if r.Fleet, err = fleet(ctx, r); err != nil {
		return err
	}
	r.Replica = r.Fleet[0]
	if err := r.Installation.AwaitAvailable(ctx); err != nil {
		return fmt.Errorf("%w: %s", err, r.Replica.Tail())
	}
	return nil
}

// startFleet starts as many replicas as SCALERKIT_REPLICAS says.
func startFleet(ctx context.Context, installation *operator.Installation, args []string) (fleet []*operator.Replica, err error) {
	n := 1
	if text := os.Getenv("SCALERKIT_REPLICAS"); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return nil, fmt.Errorf("SCALERKIT_REPLICAS: %q is not a number of at least 1", text)
		}
	}
	if n > 1 {
		args = append(slices.Clone(args), fmt.Sprint("--shards=", 8*n))
	}
	for range n {
		replica, err := installation.Start(ctx, args...)
		if err != nil {
			return nil, err
		}
		fleet = append(fleet, replica)
	}
	return fleet, nil
}

// Kill kills all replicas.
func (r *Rig) Kill() {
	for _, replica := range r.Fleet {
		replica.Kill()
	}
}

// Terminate asks all replicas to end, one after the other, and waits until they have.
func (r *Rig) Terminate() {
	for _, replica := range r.Fleet {
		replica.Terminate()
	}
}

// Restart starts all replicas again, after killing those that run, and returns when
// they are ready.
func (r *Rig) Restart(ctx context.Context) error {
	r.Kill()
	for _, replica := range r.Fleet {
		if err := replica.Restart(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Revive starts those replicas again that have ended, as Kubernetes does with a pod's
// containers, and returns when they are ready.
func (r *Rig) Revive(ctx context.Context) error {
	for _, replica := range r.Fleet {
		select {
		case <-replica.Exited():
			if err := replica.Restart(ctx); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}

// Metrics returns the Prometheus metrics of all replicas, one after the other.
func (r *Rig) Metrics(ctx context.Context) (string, error) {
	var all strings.Builder
	for _, replica := range r.Fleet {
		metrics, err := replica.Metrics(ctx)
		if err != nil {
			return "", err
		}
		all.WriteString(metrics)
	}
	return all.String(), nil
}

// stop ends what has been started.
func (r *Rig) stop() {
	if r.Installation != nil {
		r.Installation.Close()
	}
	if r.Redis != nil {
		r.Redis.Close()
	}
}
