package simulate_test

import (
	"fmt"
	"log"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// The part of a unit test that matters: a curve, a policy and what it is to achieve.
func Example() {
	policy := autoscale.Default()
	policy.Max = 30
	r, err := simulate.Run(policy, simulate.Scenario{
		Length:  time.Hour,
		Sources: []simulate.Source{{Load: simulate.Burst(10*time.Minute, 600, 0), Target: scalerkit.Target{Value: 5}}},
		Workers: simulate.Workers{Rate: 0.5, Start: 20 * time.Second},
	})
	if err == nil {
		err = r.Meets(simulate.Objective{P99Wait: time.Minute}) // in a test: require.NoError(t, err)
	}
	fmt.Println(err)
	// Output:
	// P99Wait: 1m28s is longer than 1m0s
	// The longest wait was 1m28s, from 10m0s to 11m28s:
	// 9m30s policy: 0 -> 0, with 0 waiting
	// 	Metric queue: 0 -> 0: 0 / 5 per replica = 0, inactive
	// 	Inactive: 0 -> 0: no trigger is active
	// 10m30s policy: 0 -> 30, with 600 waiting
	// 	Metric queue: 0 -> 120: 600 / 5 per replica = 120
	// 	Activated queue: 120 -> 120: active, at least 1
	// 	TooManyReplicas: 120 -> 30: at most 30
	// 11m0s policy: 30 -> 30, with 450 waiting
	// 	Metric queue: 30 -> 90: 450 / 5 per replica = 90
	// 	TooManyReplicas: 90 -> 30: at most 30
}

// The same YAML with KEDA and an HPA, and with this library.
func ExampleKEDA() {
	policy := autoscale.Default()
	scenario := simulate.Scenario{
		Length: 30 * time.Minute, Interval: 5 * time.Second, Phase: 2 * time.Second, SyncPhase: 7 * time.Second,
		Sources: []simulate.Source{{Load: simulate.Burst(time.Minute, 400, 0), Target: scalerkit.Target{Value: 5}}},
		Workers: simulate.Workers{Rate: 0.5, Start: 5 * time.Second},
	}
	for _, decider := range []autoscale.Decider{simulate.KEDA{Policy: policy}, policy} {
		r, err := simulate.Run(decider, scenario)
		if err != nil {
			log.Fatal(err)
		}
		_, longest := r.RightSize()
		fmt.Printf("%T: enough replicas after %v, 95%% waited at most %v\n", decider, longest, r.P95Wait)
	}
	// Output:
	// simulate.KEDA: enough replicas after 57s, 95% waited at most 1m7s
	// autoscale.Policy: enough replicas after 1s, 95% waited at most 15s
}

func ExampleRunJobs() {
	r, err := simulate.RunJobs(autoscale.JobPolicy{Max: 10, Strategy: autoscale.StrategyAuto}, simulate.Scenario{
		Length: time.Hour, Interval: 10 * time.Second,
		Sources: []simulate.Source{{Load: simulate.Every(10*time.Minute, simulate.Burst(0, 25, 0)), Target: scalerkit.Target{Value: 1}}},
		Workers: simulate.Workers{Rate: 1.0 / 60, Start: 5 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d messages, the last after a wait of %v\n", r.Done, r.Arrived, r.MaxWait)
	// Output:
	// 150 of 150 messages, the last after a wait of 2m35s
}
