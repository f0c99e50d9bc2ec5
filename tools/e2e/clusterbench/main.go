// Clusterbench measures the operator with a thousand ScaledObjects on one
// Redis: how long until all have their HPAs, how long after a burst until all
// Deployments have the right size, and what it takes meanwhile.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
)

func main() {
	objects := flag.Int("objects", 1000, "how many ScaledObjects there are")
	replicas := flag.Int("replicas", 10, "how many replicas the burst calls for")
	idle := flag.Duration("idle", time.Minute, "how long the idle operator is looked at")
	flag.Parse()
	os.Exit(cluster.Run(cluster.Options{}, func(c *cluster.Cluster) int {
		b := bench{cluster: c, objects: *objects, replicas: *replicas, idle: *idle}
		if err := b.run(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}))
}

type bench struct {
	cluster  *cluster.Cluster
	objects  int
	replicas int
	idle     time.Duration
	client   *kubernetes.Clientset
	applier  *cluster.Applier
	redis    *broker.Redis
	operator *operator.Replica
	rows     []row
}

// A row is a line of the table.
type row struct{ what, got, goal, keda string }

func (b *bench) add(what, got, goal, keda string) {
	b.rows = append(b.rows, row{what, got, goal, keda})
	fmt.Fprintln(os.Stderr, what+":", got)
}

func (b *bench) run(ctx context.Context) (err error) {
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
	if b.operator, err = installation.Start(ctx); err != nil {
		return err
	}
	if err := installation.AwaitAvailable(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{b.prepare, b.create, b.rest, b.burst, b.resources} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%w\nthe operator's log ends with: %s", err, b.operator.Tail())
		}
	}
	b.print()
	return nil
}

// prepare makes everything but the ScaledObjects.
func (b *bench) prepare(ctx context.Context) error {
	if err := b.apply(ctx, 1, func(int) string { return fmt.Sprintf(common, b.redis.Password) }); err != nil {
		return err
	}
	return b.apply(ctx, b.objects, func(i int) string { return fmt.Sprintf(deployment, b.name(i)) })
}

// create makes the ScaledObjects and waits for the HPAs.
func (b *bench) create(ctx context.Context) error {
	hpas, err := b.watchHPAs(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := b.apply(ctx, b.objects, func(i int) string { return fmt.Sprintf(scaledObject, b.name(i), b.redis.Address) }); err != nil {
		return err
	}
	applied := time.Since(began)
	if err := hpas.await(ctx, b.objects, func(any) bool { return true }); err != nil {
		return err
	}
	b.add("applied until all HPAs exist", seconds(time.Since(began)), "45 s", "490 s")
	b.add("  of which applying", seconds(applied), "", "")
	return nil
}

// rest looks at the operator while all lists are empty.
func (b *bench) rest(ctx context.Context) error {
	select {
	case <-time.After(30 * time.Second): // what was begun at the creation
	case <-ctx.Done():
		return ctx.Err()
	}
	before, err := b.operator.Usage()
	if err != nil {
		return err
	}
	began := time.Now()
	select {
	case <-time.After(b.idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := b.operator.Usage()
	if err != nil {
		return err
	}
	cores := (after.CPU - before.CPU).Seconds() / time.Since(began).Seconds()
	b.add("CPU when idle", fmt.Sprintf("%.3f cores", cores), "0.05", "0.18")
	return nil
}

// burst puts work into all lists at once.
func (b *bench) burst(ctx context.Context) error {
	deployments, err := b.watchDeployments(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := b.push(ctx, b.replicas*5); err != nil {
		return err
	}
	if err := deployments.await(ctx, b.objects, hasReplicas(int32(b.replicas))); err != nil {
		return err
	}
	b.add(fmt.Sprintf("burst until every Deployment has %d replicas", b.replicas), seconds(time.Since(began)), "20 s", "186 s")
	return nil
}

// resources counts what the operator took.
func (b *bench) resources(ctx context.Context) error {
	usage, err := b.operator.Usage()
	if err != nil {
		return err
	}
	b.add("operator memory, at most", fmt.Sprintf("%.0f MiB", float64(usage.PeakMemory)/(1<<20)), "120 MiB", "394 + 101 MiB")
	clients, err := b.redis.Client.ClientList(ctx).Result()
	if err != nil {
		return err
	}
	others := 0
	for line := range strings.Lines(clients) {
		if !strings.Contains(line, " cmd=client|list ") { // which is this one
			others++
		}
	}
	b.add("connections to Redis", fmt.Sprint(others), "2", "1000")
	return nil
}

func (b *bench) print() {
	fmt.Printf("\n%d ScaledObjects on one Redis, pollingInterval 5\n\n%-46s %12s %10s %15s\n", b.objects, "", "", "at most", "KEDA")
	for _, r := range b.rows {
		fmt.Printf("%-46s %12s %10s %15s\n", r.what, r.got, r.goal, r.keda)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
