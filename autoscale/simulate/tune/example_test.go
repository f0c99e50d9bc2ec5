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
		fmt.Printf("%s: p95 %v -> %v, replica-seconds %.0f -> %.0f\n",
			c.Load, c.Given.P95Wait, c.Best.P95Wait, c.Given.ReplicaSeconds, c.Best.ReplicaSeconds)
	}
	fmt.Println("it is met:", r.Best.Meets)
	fmt.Println("polls every", r.Best.Setting.Interval)
	// Output:
	// every 10 minutes: p95 33s -> 22s, replica-seconds 54000 -> 4007
	// every 7 minutes: p95 33s -> 22s, replica-seconds 74700 -> 6018
	// it is met: true
	// polls every 5s
}
