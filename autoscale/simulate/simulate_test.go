package simulate_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// perReplica is a target.
func perReplica(value float64) scalerkit.Target {
	return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
}

// policyOf has the bounds, and the defaults otherwise.
func policyOf(least, most int) autoscale.Policy {
	p := autoscale.Default()
	p.Min, p.Max = least, most
	return p
}

// delegated leaves a running workload to the HPA.
func delegated(p autoscale.Policy) autoscale.Policy {
	p.Delegate = true
	return p
}

// A fixed number of replicas, whatever happens.
type fixed int

func (n fixed) Decide(in autoscale.Input) autoscale.Decision {
	return autoscale.Decision{
		Replicas: int(n), State: in.State,
		Steps: []autoscale.Step{{Rule: autoscale.RulePaused, From: in.Current, Replicas: int(n), To: int(n)}},
	}
}

func run(t testing.TB, d autoscale.Decider, s simulate.Scenario) simulate.Result {
	t.Helper()
	r, err := simulate.Run(d, s)
	require.NoError(t, err)
	return r
}

// A change is a number of replicas from a time on.
type change struct {
	At       time.Duration
	Replicas int
}

// changes returns when the number of replicas changed.
func changes(r simulate.Result) (list []change) {
	before := 0
	for _, p := range r.Series {
		if p.Replicas != before {
			list = append(list, change{p.At, p.Replicas})
		}
		before = p.Replicas
	}
	return list
}

// made makes up a scenario.
func made(chance *rand.Rand) simulate.Scenario {
	span := func(most time.Duration) time.Duration { return time.Duration(chance.Int64N(int64(most))) }
	window := func() simulate.Window {
		from := span(20 * time.Minute)
		return simulate.Window{From: from, To: from + time.Second + span(10*time.Minute)}
	}
	s := simulate.Scenario{
		Length: 30 * time.Minute, Replicas: chance.IntN(5), Seed: chance.Uint64(),
		Interval: 5*time.Second + span(40*time.Second), Phase: span(30 * time.Second), SyncPhase: span(15 * time.Second),
		Workers: simulate.Workers{
			Rate: []float64{0.02, 0.3, 1, 7, 100}[chance.IntN(5)], Spread: []float64{0, 0.5, 2}[chance.IntN(3)],
			Start: span(2 * time.Minute), StartSpread: chance.Float64(), Stop: span(time.Minute),
			FailingStarts: []float64{0, 0.2}[chance.IntN(2)],
		},
	}
	for i := range 1 + chance.IntN(2) {
		src := simulate.Source{
			Name: []string{"orders", "mails"}[i], Target: perReplica(float64(1 + chance.IntN(20))), InFlight: chance.IntN(2) == 0,
			Load: simulate.Poisson(simulate.Sum(
				simulate.Steps(simulate.Step{At: span(time.Minute), PerSecond: s.Workers.Rate * 3 * chance.Float64()}),
				simulate.Burst(span(30*time.Minute), float64(chance.IntN(500)), span(time.Minute)),
			)),
		}
		if chance.IntN(2) == 0 {
			src.Outages = []simulate.Window{window(), window()}
		}
		if chance.IntN(4) == 0 {
			src.Delay, src.Frozen = span(time.Minute), []simulate.Window{window()}
		}
		s.Sources = append(s.Sources, src)
	}
	return s
}

// deciders are all that replicas can be scaled by.
func deciders(p autoscale.Policy) map[string]autoscale.Decider {
	atOnce := p
	atOnce.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: p.Max, Period: time.Second}}
	return map[string]autoscale.Decider{
		"policy": p, "policy without a limit up": atOnce, "policy and HPA": delegated(p), "KEDA and HPA": simulate.KEDA{Policy: p},
	}
}
