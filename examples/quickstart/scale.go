package main

import (
	"context"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// scale is all that it takes to scale by a queue: a Scaler measures, a Policy
// decides, a Workload carries out, and a Loop does one after the other until
// ctx ends.
func scale(ctx context.Context, cfg config, queue scalerkit.Scaler, workers control.Workload, observe func(control.Round)) error {
	policy := autoscale.Default()
	policy.Min, policy.Max = cfg.min, cfg.max
	policy.Cooldown = cfg.cooldown
	atShowPace(&policy)

	loop := control.Loop{
		Policy:   policy,
		Triggers: []control.Trigger{{Name: "inbound", Scaler: queue}}, // from one of the packages below scalers
		Workload: workers,
		Interval: cfg.interval,
		Observe:  observe,
	}
	return loop.Run(ctx)
}

// atShowPace goes without the caution that the defaults, those of Kubernetes,
// have for machines and minutes: goroutines start at once, so that any number
// may in a second, and fewer are called for once that has been so for 3
// seconds, instead of 5 minutes.
func atShowPace(p *autoscale.Policy) {
	p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: p.Max, Period: time.Second}}
	window := 3 * time.Second
	p.Down.Window = &window
}
