package control_test

import (
	"context"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A processPool is a Workload: the workers of one program.
type processPool struct{ workers int }

func (p *processPool) Replicas(context.Context) (int, error) { return p.workers, nil }

func (p *processPool) SetReplicas(_ context.Context, n int) error {
	fmt.Printf("starting %d workers\n", n-p.workers)
	p.workers = n
	return nil
}

// A backlog stands in for a Scaler of one of the packages below scalers/.
type backlog float64

func (b backlog) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "orders", Target: scalerkit.Target{Value: 5}}
}

func (b backlog) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{Value: float64(b), Time: time.Now()}, nil
}

func (b backlog) Close() error { return nil }

func ExampleLoop() {
	ctx, cancel := context.WithCancel(context.Background())
	policy := autoscale.Default()
	policy.Max = 20
	loop := control.Loop{
		Policy:   policy,
		Triggers: []control.Trigger{{Scaler: backlog(120)}},
		Workload: &processPool{},
		Observe: func(r control.Round) {
			fmt.Println(r.Decision)
			cancel() // one round is enough here
		},
	}
	if err := loop.Run(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// starting 20 workers
	// Metric orders: 0 -> 24: 120 / 5 per replica = 24
	// Activated orders: 24 -> 24: active, at least 1
	// TooManyReplicas: 24 -> 20: at most 20
}

func ExampleRunner() {
	ctx, cancel := context.WithCancel(context.Background())
	var runner control.Runner
	key := scalerkit.Key{Namespace: "shop", Name: "packer"}
	err := runner.Set(key, control.Loop{
		Policy:   autoscale.Default(),
		Triggers: []control.Trigger{{Name: "orders", Scaler: backlog(15)}},
		Workload: &processPool{workers: 1},
		Observe: func(r control.Round) {
			fmt.Printf("%v: %d -> %d\n", r.Key, r.Current, r.Decision.Replicas)
			cancel()
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = runner.Run(ctx)
	// Output:
	// starting 2 workers
	// shop/packer: 1 -> 3
}
