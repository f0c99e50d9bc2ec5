package autoscale_test

import (
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
)

// BenchmarkDecide is a workload that stays as it is.
func BenchmarkDecide(b *testing.B) {
	policy := autoscale.Default()
	in := autoscale.Input{Now: noon, Current: 10, Samples: []autoscale.Sample{
		queue("orders", 50, 5), queue("payments", 20, 5), queue("mails", 5, 5),
	}}
	b.ReportAllocs()
	for b.Loop() {
		in.Now = in.Now.Add(15 * time.Second)
		d := policy.Decide(in)
		if d.Replicas != 10 {
			b.Fatal(d)
		}
		in.State = d.State
	}
}

// BenchmarkDecideChange is a workload that goes up and down all the time.
func BenchmarkDecideChange(b *testing.B) {
	policy := autoscale.Default()
	in := autoscale.Input{Now: noon, Current: 10, Samples: []autoscale.Sample{
		queue("orders", 0, 5), queue("payments", 20, 5), queue("mails", 5, 5),
	}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		in.Now = in.Now.Add(15 * time.Second)
		in.Samples[0].Reading.Value = float64(i / 30 % 2 * 500)
		d := policy.Decide(in)
		in.State, in.Current = d.State, d.Replicas
	}
}

// BenchmarkDecisionString puts the reasons of a change into words.
func BenchmarkDecisionString(b *testing.B) {
	d := autoscale.Default().Decide(autoscale.Input{Now: noon, Current: 10, Samples: []autoscale.Sample{
		queue("orders", 500, 5), queue("payments", 20, 5), queue("mails", 5, 5),
	}})
	b.ReportAllocs()
	for b.Loop() {
		_ = d.String()
	}
}
