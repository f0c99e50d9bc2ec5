// Hpaload measures how fast external metrics are read through the API server:
// those of package hpa, and, in turns with them, a constant that a bare server
// answers with. The second is the floor, since all of it is the API server's,
// and the ratio to it does not depend on the machine.
//
// It then measures the memory of a process that publishes 10,000 metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each is measured")
	length := flag.Duration("length", 5*time.Second, "how long each time")
	metrics := flag.Int("metrics", 1000, "how many metrics there are")
	flag.Parse()
	os.Exit(cluster.Run(cluster.Options{}, func(c *cluster.Cluster) int {
		b := bench{cluster: c, rounds: *rounds, length: *length, metrics: *metrics}
		if err := b.run(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}))
}

type bench struct {
	cluster *cluster.Cluster
	rounds  int
	length  time.Duration
	metrics int
	dir     string
}

// The APIs that are compared.
var (
	provided = cluster.Aggregated{Group: "external.metrics.k8s.io", Version: "v1beta1", Namespace: "default", Service: "provided"}
	constant = cluster.Aggregated{Group: "constant.metrics.scalerkit", Version: "v1beta1", Namespace: "default", Service: "constant"}
)

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = b.cluster.TempDir("hpaload"); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.program(), "./hpaload/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	server, err := b.serve(ctx, provided, fmt.Sprint("-metrics=", b.metrics))
	if err != nil {
		return err
	}
	defer server.Kill()
	bare, err := b.serve(ctx, constant, "-bare")
	if err != nil {
		return err
	}
	defer bare.Kill()

	fmt.Printf("%d metrics, %d rounds of %v each\n\n", b.metrics, b.rounds, b.length)
	fmt.Printf("%-26s %9s %9s %9s\n", "", "requests", "p50", "p99")
	for _, clients := range []int{1, 8} {
		if err := b.compare(ctx, clients); err != nil {
			return err
		}
	}
	server.Kill()
	return b.memory(ctx, 10_000)
}

func (b *bench) program() string { return filepath.Join(b.dir, "server") }

// serve starts a server of an API and registers it.
func (b *bench) serve(ctx context.Context, api cluster.Aggregated, args ...string) (*process.Process, error) {
	authority, err := pki.NewAuthority(api.Service)
	if err != nil {
		return nil, err
	}
	pair, err := authority.Server(api.Host())
	if err != nil {
		return nil, err
	}
	cert, key := filepath.Join(b.dir, api.Service+".crt"), filepath.Join(b.dir, api.Service+".key")
	if err := pair.Write(cert, key); err != nil {
		return nil, err
	}
	api.CA, api.Port = authority.PEM, loopback.FreePort()
	p := &process.Process{Log: filepath.Join(b.dir, api.Service+".log")}
	args = append(args, "-address="+loopback.Address(api.Port), "-cert="+cert, "-key="+key, "-kubeconfig="+b.cluster.Kubeconfig())
	if err := p.Start(b.dir, nil, b.program(), args...); err != nil {
		return nil, err
	}
	if err := b.cluster.Aggregate(ctx, api); err != nil {
		p.Kill()
		return nil, errors.Join(err, errors.New(p.Tail()))
	}
	return p, nil
}

// compare measures both APIs in turns and prints what came of it.
func (b *bench) compare(ctx context.Context, clients int) error {
	var floor, ours measurement
	for range b.rounds {
		for api, into := range map[*cluster.Aggregated]*measurement{&constant: &floor, &provided: &ours} {
			if err := b.measure(ctx, *api, clients, b.length, into); err != nil {
				return err
			}
		}
	}
	print := func(name string, m *measurement) {
		fmt.Printf("%-26s %7.0f/s %6.2f ms %6.2f ms\n", name, m.rate(), m.quantile(0.5), m.quantile(0.99))
	}
	print(fmt.Sprintf("%d client(s), constant", clients), &floor)
	print(fmt.Sprintf("%d client(s), hpa", clients), &ours)
	fmt.Printf("%-26s %9.2f %9.2f %9.2f\n\n", "  ratio",
		floor.rate()/ours.rate(), ours.quantile(0.5)/floor.quantile(0.5), ours.quantile(0.99)/floor.quantile(0.99))
	return nil
}

// memory prints what a process takes that publishes n metrics, each of which
// was read once.
func (b *bench) memory(ctx context.Context, n int) error {
	server, err := b.serve(ctx, provided, fmt.Sprint("-metrics=", n))
	if err != nil {
		return err
	}
	defer server.Kill()
	b.metrics = n
	c, err := b.client()
	if err != nil {
		return err
	}
	for i := range n {
		if err := get(ctx, c, b.url(provided, i)); err != nil {
			return err
		}
	}
	usage, err := server.Usage()
	if err != nil {
		return err
	}
	fmt.Printf("a process with %d metrics: %.1f MiB, at most %.1f MiB\n", n, mib(usage.Memory), mib(usage.PeakMemory))
	return nil
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// A measurement is how long each request took, in all rounds.
type measurement struct {
	took  []time.Duration
	total time.Duration // of the rounds
}

func (m *measurement) rate() float64 { return float64(len(m.took)) / m.total.Seconds() }

// quantile returns a quantile in milliseconds.
func (m *measurement) quantile(q float64) float64 {
	slices.Sort(m.took)
	return float64(m.took[int(q*float64(len(m.took)-1))].Microseconds()) / 1000
}
