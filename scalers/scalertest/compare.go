package scalertest

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Compare is for benchmarks of what a package costs: it times rounds of
// readings, ours, against the same work by a bare client of the source. Each
// round is of both, and it is left to chance which of them begins it: were it in
// turn, then one of them might always find the source warmer than the other, or
// have the garbage of both collected in its time. It reports how long they take,
// and the ratio. One round comes before that and is not timed.
func Compare(b *testing.B, bare, ours func()) {
	b.Helper()
	timed := func(f func()) time.Duration {
		start := time.Now()
		f()
		return time.Since(start)
	}
	bare()
	ours()
	var bareTime, oursTime time.Duration
	chance := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		bareFirst := chance.IntN(2) == 0
		if bareFirst {
			bareTime += timed(bare)
		}
		oursTime += timed(ours)
		if !bareFirst {
			bareTime += timed(bare)
		}
	}
	perRound := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) / 1000 }
	b.ReportMetric(perRound(bareTime), "bare-ms/round")
	b.ReportMetric(perRound(oursTime), "ours-ms/round")
	b.ReportMetric(float64(oursTime)/float64(bareTime), "ratio")
}
