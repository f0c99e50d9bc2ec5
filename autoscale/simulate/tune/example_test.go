package tune_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
)

// A batch of messages comes every ten minutes. What has the fewest replicas, if 95 % of
// the messages are to wait for half a minute at most?
func Example() {
	given := tune.Setting{
		Policy:   autoscale.Default(),
		Interval: 30 * time.Second,
		Targets:  map[string]float64{"orders": 10},
	}
	world := func(name string, every time.Duration) tune.Load {
		return tune.Load{Name: name, Scenario: simulate.Scenario{
			Length: time.Hour,
			Sources: []simulate.Source{{
				Name: "orders", Target: scalerkit.Target{Value: 10},
				Load: simulate.Every(every, simulate.Burst(2*time.Minute, 600, time.Minute)),
			}},
			Workers: simulate.Workers{Rate: 1, Spread: 1, Start: 5 * time.Second},
		}}
	}
	r, err := tune.Run(context.Background(), tune.Search{
		Given: given, Space: tune.Around(given),
		Objective: simulate.Objective{P95Wait: 30 * time.Second},
		Loads:     []tune.Load{world("every 10 minutes", 10*time.Minute)},
		Held:      []tune.Load{world("every 7 minutes", 7*time.Minute)},
		Budget:    300, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range append(r.Loads, r.Held...) {
		fmt.Printf("%s: met: %v, with a tenth of the replica-seconds: %v\n",
			c.Load, c.BestMeets, c.Best.ReplicaSeconds < c.Given.ReplicaSeconds/10)
	}
	// Output:
	// every 10 minutes: met: true, with a tenth of the replica-seconds: true
	// every 7 minutes: met: true, with a tenth of the replica-seconds: true
}
