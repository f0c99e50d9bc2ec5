// Playground starts a cluster to play with: a control plane with a node that
// plays its pods, the operator, a Redis, and a ScaledObject that scales a
// Deployment by a list there. It ends with Ctrl-C and leaves nothing.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
)

// sample has $address and $password of the Redis in it.
//
//go:embed sample.yaml
var sample string

func main() {
	os.Exit(cluster.Run(cluster.Options{HPASync: 5 * time.Second}, func(c *cluster.Cluster) int {
		if err := play(context.Background(), c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}))
}

// play returns after an error. Otherwise cluster.Run ends it, with the program.
func play(ctx context.Context, c *cluster.Cluster) error {
	dir, err := c.TempDir("redis")
	if err != nil {
		return err
	}
	redis, err := broker.StartRedis(ctx, dir)
	if err != nil {
		return err
	}
	defer redis.Close()
	installation, err := operator.Install(ctx, c)
	if err != nil {
		return err
	}
	defer installation.Close()
	replica, err := installation.Start(ctx)
	if err != nil {
		return err
	}
	if err := installation.AwaitAvailable(ctx); err != nil {
		return err
	}
	if err := apply(ctx, c, redis); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(redis.Address)
	if err != nil {
		return err
	}
	fmt.Printf(`A cluster with the operator is up. Its log is %[4]s.

  export KUBECONFIG=%[1]s

The worker has no replicas yet. Give it a hundred messages, watch it, and ask
for the reasons:

  redis-cli -p %[2]s -a %[3]s --no-auth-warning rpush orders $(seq 100)
  kubectl get deployment worker --watch
  kubectl describe scaledobject worker

Ctrl-C ends it all.
`, c.Kubeconfig(), port, redis.Password, replica.Log)
	<-replica.Exited()
	return fmt.Errorf("the operator ended: %s", replica.Tail())
}

func apply(ctx context.Context, c *cluster.Cluster, redis *broker.Redis) error {
	manifest := os.Expand(sample, func(name string) string {
		return map[string]string{"address": redis.Address, "password": redis.Password}[name]
	})
	objects, err := cluster.Parse([]byte(manifest))
	if err != nil {
		return err
	}
	applier, err := c.NewApplier()
	if err != nil {
		return err
	}
	return applier.Apply(ctx, "default", objects...)
}
