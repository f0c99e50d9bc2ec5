package simulate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// slow is a run in which much is to be explained.
func slow(t *testing.T) simulate.Result {
	return run(t, simulate.KEDA{Policy: policyOf(0, 60)}, simulate.Scenario{
		Length: 10 * time.Minute, Interval: 5 * time.Second, Phase: 3 * time.Second, SyncPhase: 7 * time.Second,
		Sources: []simulate.Source{{Name: "orders", Load: simulate.Burst(time.Minute, 300, 0), Target: perReplica(5)}},
		Workers: simulate.Workers{Rate: 0.2},
	})
}

func TestMeets(t *testing.T) {
	r := slow(t)
	_, longest := r.RightSize()
	require.NoError(t, r.Meets(simulate.Objective{}))
	require.NoError(t, r.Meets(simulate.Objective{
		P50Wait: r.P50Wait, P95Wait: r.P95Wait, P99Wait: r.P99Wait, MaxWait: r.MaxWait, RightSize: longest, ReplicaSeconds: r.ReplicaSeconds,
	}))

	require.EqualError(t, r.Meets(simulate.Objective{P99Wait: time.Second, RightSize: time.Second, ReplicaSeconds: 2}), `P99Wait: 1m12s is longer than 1s
RightSize: 57s is longer than 1s
ReplicaSeconds: 18658 are more than 2
`+r.Worst())

	require.EqualError(t, r.Meets(simulate.Objective{ReplicaSeconds: 1000}), `ReplicaSeconds: 18658 are more than 1000
The most replicas were 60, at 2m7s:
2m3s KEDA: 32 -> 32, with 120 waiting
	Delegated: 32 -> 32: left to the HPA at 32
2m7s HPA: 32 -> 60, with 119 waiting
	Metric orders: 32 -> 24: 119 / 5 per replica = 24
	ScaleDownStabilized: 24 -> 60: highest recommendation in 5m0s is 60`)
}

func TestTheWorstMoment(t *testing.T) {
	r := slow(t)
	require.Equal(t, `The longest wait was 1m12s, from 1m0s to 2m12s:
58s KEDA: 0 -> 0, with 0 waiting
	Inactive: 0 -> 0: no trigger is active
1m3s KEDA: 0 -> 1, with 300 waiting
	Activated orders: 0 -> 1: active, at least 1
1m7s HPA: 1 -> 4, with 299 waiting
	Metric orders: 1 -> 60: 299 / 5 per replica = 60
	ScaleUpLimit: 60 -> 4: 3 pods in 15s allows 4`, strings.Join(strings.Split(r.Worst(), "\n")[:8], "\n"))
}

// Of many decisions the first and the last ones are shown.
func TestManyDecisions(t *testing.T) {
	p := policyOf(1, 60)
	p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 1, Period: 5 * time.Second}}
	r := run(t, p, simulate.Scenario{
		Length: 10 * time.Minute, Interval: 5 * time.Second, Replicas: 1,
		Sources: []simulate.Source{{Name: "orders", Load: simulate.Burst(time.Minute, 300, 0), Target: perReplica(5)}},
		Workers: simulate.Workers{Rate: 0.2},
	})
	text := r.Worst()
	require.Equal(t, 1, strings.Count(text, "more changes)"), text)
	require.Equal(t, 8, strings.Count(text, "policy: "), text)
}

func TestNothingHappened(t *testing.T) {
	r := run(t, policyOf(0, 5), simulate.Scenario{
		Length: time.Minute, Phase: time.Hour, Workers: simulate.Workers{Rate: 1}, Sources: []simulate.Source{{Target: perReplica(1)}},
	})
	require.Equal(t, "The longest wait was 0s, from 0s to 0s:\nno decision", r.Worst())
}

func TestAShortage(t *testing.T) {
	r := slow(t)
	require.Equal(t, []simulate.Shortage{{At: 61 * time.Second, Seen: 63 * time.Second, Right: 118 * time.Second, Wanted: 60}}, r.Shortages)
	mean, longest := r.RightSizeSeen()
	require.Equal(t, [2]time.Duration{55 * time.Second, 55 * time.Second}, [2]time.Duration{mean, longest})
	require.ErrorContains(t, r.Meets(simulate.Objective{RightSize: 30 * time.Second}),
		"RightSize: 57s is longer than 30s\nThe longest shortage was from 1m1s to 1m58s, with 60 replicas called for:\n58s KEDA: 0 -> 0, with 0 waiting\n")
}

func TestFlaps(t *testing.T) {
	none := time.Duration(0)
	p := policyOf(1, 20)
	p.Down.Window = &none
	s := simulate.Scenario{
		Length: time.Hour, Interval: 5 * time.Second, Replicas: 1, Workers: simulate.Workers{Rate: 0.2},
		Sources: []simulate.Source{{Load: simulate.Every(2*time.Minute, simulate.Burst(0, 50, 0)), Target: perReplica(5)}},
	}
	r := run(t, p, s)
	require.Greater(t, r.Flaps, 50)
	require.Greater(t, r.Changes, r.Flaps)
	calm := run(t, policyOf(1, 20), s)
	require.Zero(t, calm.Flaps)
	require.Positive(t, run(t, policyOf(1, 4), s).AtMax)
}
