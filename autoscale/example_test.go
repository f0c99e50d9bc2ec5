package autoscale_test

import (
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

func ExamplePolicy_Decide() {
	policy := autoscale.Default()

	in := autoscale.Input{
		Now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
		Samples: []autoscale.Sample{{
			Trigger: "orders",
			Metric:  scalerkit.Metric{Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}},
			Reading: scalerkit.Reading{Value: 120},
		}},
	}
	d := policy.Decide(in)
	fmt.Println(d.Replicas)
	fmt.Println(d)

	// A minute later, with the State of the decision before.
	in.Now, in.Current, in.State = in.Now.Add(time.Minute), d.Replicas, d.State
	in.Samples[0].Reading.Value = 400
	d = policy.Decide(in)
	fmt.Println(d.Replicas)
	fmt.Println(d)

	// Output:
	// 24
	// Metric orders: 0 -> 24: 120 / 5 per replica = 24
	// Activated orders: 24 -> 24: active, at least 1
	// 48
	// Metric orders: 24 -> 80: 400 / 5 per replica = 80
	// ScaleUpLimit: 80 -> 48: 100% in 15s allows 48
}
