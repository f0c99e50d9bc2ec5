package simulate_test

import (
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// BenchmarkDay is a day of one workload in steps of a second.
func BenchmarkDay(b *testing.B) {
	const day = 24 * time.Hour
	s := simulate.Scenario{
		Length: day, Workers: simulate.Workers{Rate: 10, Spread: 1, Start: 20 * time.Second},
		Sources: []simulate.Source{{Load: simulate.Poisson(simulate.Diurnal(10, 400, day)), Target: perReplica(20)}},
	}
	for name, d := range deciders(policyOf(1, 50)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := simulate.Run(d, s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecisions says how many decisions of a recorded day are made again in a
// second.
func BenchmarkDecisions(b *testing.B) {
	p := policyOf(1, 50)
	r, err := simulate.Run(p, simulate.Scenario{
		Length: 24 * time.Hour, Interval: 5 * time.Second, Workers: simulate.Workers{Rate: 10},
		Sources: []simulate.Source{{Load: simulate.Poisson(simulate.Diurnal(10, 400, 24*time.Hour)), Target: perReplica(20)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	var d autoscale.Decision
	decisions := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range r.Rounds {
			d = p.Decide(r.Rounds[i].Input)
		}
		decisions += len(r.Rounds)
	}
	if d.Replicas != r.Rounds[len(r.Rounds)-1].Decision.Replicas {
		b.Fatal(d)
	}
	b.ReportMetric(float64(decisions)/b.Elapsed().Seconds(), "decisions/s")
}
