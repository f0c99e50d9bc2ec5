package autoscale_test

import (
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

func ExampleJobPolicy_Decide() {
	policy := autoscale.JobPolicy{Max: 50, Strategy: autoscale.StrategyAuto}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	decision := policy.Decide(autoscale.JobInput{
		Now:     now,
		Running: 12,
		Pending: 5,
		Samples: []autoscale.Sample{{
			Trigger: "videos",
			Metric:  scalerkit.Metric{Target: scalerkit.Target{Value: 1}}, // counts waiting messages
			Reading: scalerkit.Reading{Value: 20, Time: now},
		}},
	})
	fmt.Println(decision.Create, "jobs to create")
	fmt.Println(decision)
	// Output:
	// 15 jobs to create
	// Metric videos: 12 -> 12: 20 / 1 per job = 20 besides 7 busy
	// Strategy: 12 -> 27: auto: 27 wanted in all - 12 unfinished = 15
}
