package simulate_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// Queues of which theory knows how long messages wait on average: λ arrive and one
// of c replicas works through μ in a second.
func TestWaitsAreThoseOfTheory(t *testing.T) {
	erlangC := func(c int, offered float64) float64 {
		term, sum := 1.0, 0.0
		for k := range c {
			if k > 0 {
				term *= offered / float64(k)
			}
			sum += term
		}
		last := term * offered / float64(c) * float64(c) / (float64(c) - offered)
		return last / (sum + last)
	}
	for _, tt := range []struct {
		name         string
		lambda, mu   float64
		c            int
		spread, part float64 // part is that of the wait with a spread of 1
		tick         time.Duration
	}{
		{"M/M/1, long messages", 0.05, 0.1, 1, 1, 1, time.Second},
		{"M/D/1, long messages", 0.05, 0.1, 1, 0, 0.5, time.Second},
		{"M/M/1, short messages", 0.4, 0.5, 1, 1, 1, 200 * time.Millisecond},
		{"M/M/3, long messages", 0.2, 0.1, 3, 1, 1, time.Second},
		{"M/M/1, several messages in a tick", 9, 10, 1, 1, 1, 200 * time.Millisecond},
	} {
		r := run(t, fixed(tt.c), simulate.Scenario{
			Length: 300_000 * tt.tick, Tick: tt.tick, Interval: time.Hour, Replicas: tt.c, Seed: 7,
			Workers: simulate.Workers{Rate: tt.mu, Spread: tt.spread},
			Sources: []simulate.Source{{Load: simulate.Poisson(simulate.Constant(tt.lambda)), Target: perReplica(1)}},
		})
		mean := r.BacklogSeconds / float64(r.Arrived)
		theory := tt.part * erlangC(tt.c, tt.lambda/tt.mu) / (float64(tt.c)*tt.mu - tt.lambda)
		require.InEpsilon(t, theory, mean, 0.1, tt.name)
		require.InEpsilon(t, tt.lambda*r.Length.Seconds(), r.Arrived, 0.05, tt.name)
		inFlight := 0.0
		for _, p := range r.Series {
			inFlight += float64(p.InFlight) / float64(len(r.Series))
		}
		require.InEpsilon(t, tt.lambda/tt.mu, inFlight, 0.05, tt.name)
	}
}

// However short a message is beside a tick, as many are in flight at the begin of one
// as replicas work: λ/μ by Little's law.
func TestAsManyAreInFlightAsTheoryHas(t *testing.T) {
	for _, tick := range []time.Duration{time.Second, 100 * time.Millisecond} {
		for _, tt := range []struct {
			lambda, mu float64
			c          int
		}{{1, 2, 3}, {10, 2, 8}, {36, 4, 10}, {8, 10, 1}, {180, 20, 10}} {
			r := run(t, fixed(tt.c), simulate.Scenario{
				Length: time.Hour, Tick: tick, Interval: time.Hour, Replicas: tt.c, Workers: simulate.Workers{Rate: tt.mu, Spread: 1},
				Sources: []simulate.Source{{Load: simulate.Poisson(simulate.Constant(tt.lambda)), Target: perReplica(1)}},
			})
			inFlight := 0.0
			for _, p := range r.Series {
				inFlight += float64(p.InFlight) / float64(len(r.Series))
			}
			require.InEpsilon(t, tt.lambda/tt.mu, inFlight, 0.05, "λ %v, μ %v, a tick of %v", tt.lambda, tt.mu, tick)
		}
	}
}

func TestReplicasWorkAtTheirRate(t *testing.T) {
	for _, rate := range []float64{0.013, 0.3, 0.7, 1, 1.5, 3, 7, 1000} {
		for _, spread := range []float64{0, 1} {
			r := run(t, fixed(3), simulate.Scenario{
				Length: 6 * time.Hour, Replicas: 3, Workers: simulate.Workers{Rate: rate, Spread: spread},
				Sources: []simulate.Source{{Load: simulate.Constant(10 * rate), Target: perReplica(1)}},
			})
			require.InEpsilon(t, 3*rate*r.Length.Seconds(), r.Done, 0.05, "%v messages a second, spread %v", rate, spread)
		}
	}
}

func TestReplicasTakeTheirTime(t *testing.T) {
	s := simulate.Scenario{
		Length: 10 * time.Minute, Replicas: 1, Phase: time.Minute, Interval: time.Hour,
		Workers: simulate.Workers{Rate: 1, Start: 40 * time.Second, Stop: 20 * time.Second},
		Sources: []simulate.Source{{Target: perReplica(1)}},
	}
	at := func(r simulate.Result, seconds int) [3]int {
		p := r.Series[seconds]
		return [3]int{p.Replicas, p.Ready, p.Exist}
	}
	r := run(t, fixed(5), s)
	require.Equal(t, [3]int{1, 1, 1}, at(r, 59))
	require.Equal(t, [3]int{5, 1, 5}, at(r, 60))
	require.Equal(t, [3]int{5, 1, 5}, at(r, 99))
	require.Equal(t, [3]int{5, 5, 5}, at(r, 100))
	r = run(t, fixed(0), s)
	require.Equal(t, [3]int{0, 0, 1}, at(r, 79))
	require.Equal(t, [3]int{0, 0, 0}, at(r, 80))
	require.Equal(t, 80.0, r.ReplicaSeconds)

	s.Length, s.Workers.FailingStarts = 12*time.Hour, 0.5
	r = run(t, fixed(1000), s)
	require.InDelta(t, 500, r.Series[100].Ready, 60)
	require.InDelta(t, 750, r.Series[100+10+40].Ready, 60)
	require.Equal(t, 1000, r.Series[len(r.Series)-1].Ready)
}

func TestTheOldestGoFirst(t *testing.T) {
	r := run(t, fixed(1), simulate.Scenario{
		Length: 100 * time.Second, Replicas: 1, Workers: simulate.Workers{Rate: 1},
		Sources: []simulate.Source{
			{Name: "slow", Rate: 0.1, Target: perReplica(1), Load: simulate.Burst(0, 3, 0)},
			{Name: "quick", Rate: 10, Target: perReplica(1), Load: simulate.Burst(5*time.Second, 10, 0)},
		},
	})
	require.Equal(t, int64(13), r.Done)
	require.Equal(t, 25*time.Second, r.MaxWait)
	require.Equal(t, [2]time.Duration{5 * time.Second, 30 * time.Second}, [2]time.Duration{r.LongestFrom, r.LongestTo})
	require.Equal(t, 25*time.Second, r.P50Wait)
}

func TestMeasure(t *testing.T) {
	var seen []simulate.Queue
	p := policyOf(1, 20)
	r := run(t, p, simulate.Scenario{
		Length: 10 * time.Minute, Replicas: 2, Phase: 5 * time.Minute, Interval: time.Hour, Workers: simulate.Workers{Rate: 2},
		Sources: []simulate.Source{{
			Load: simulate.Constant(10), Target: scalerkit.Target{Kind: scalerkit.Total, Value: 0.5},
			Measure: func(q simulate.Queue) scalerkit.Reading {
				seen = append(seen, q)
				return scalerkit.Reading{Value: float64(q.Busy) / float64(q.Ready)}
			},
		}},
	})
	require.Equal(t, simulate.Queue{
		Now: time.Date(2026, 1, 1, 0, 5, 0, 0, time.UTC), Waiting: 1800, InFlight: 2, PerSecond: 10,
		Oldest: 3 * time.Minute, Replicas: 2, Ready: 2, Busy: 2,
	}, seen[300])
	require.Equal(t, 4, r.Peak) // twice the target means twice the replicas
}

func TestLoads(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	sum := func(load simulate.Load, from, to time.Duration) float64 {
		var sum float64
		for ; from < to; from += time.Second {
			sum += load(from, from+time.Second, chance)
		}
		return math.Round(sum*1000) / 1000
	}
	steps := []simulate.Step{{At: 10 * time.Second, PerSecond: 2}, {At: 20500 * time.Millisecond, PerSecond: 6}}
	require.Equal(t, 35.0, sum(simulate.Constant(3.5), 5*time.Second, 15*time.Second))
	require.Equal(t, 0.0, sum(simulate.Steps(steps...), 0, 10*time.Second))
	require.Equal(t, 21.0+57, sum(simulate.Steps(steps...), 0, 30*time.Second))
	require.InDelta(t, 42.0+57, sum(simulate.Ramp(steps...), 0, 30*time.Second), 0.1)
	require.Equal(t, 0.0, sum(simulate.Ramp(), 0, 30*time.Second))
	require.Equal(t, 7.0, sum(simulate.Burst(4500*time.Millisecond, 7, 0), 4*time.Second, 5*time.Second))
	require.Equal(t, 2.0, sum(simulate.Burst(10*time.Second, 8, 40*time.Second), 0, 20*time.Second))
	require.Equal(t, 3*7.0, sum(simulate.Every(time.Minute, simulate.Burst(4*time.Second, 7, 0)), 0, 3*time.Minute))
	day := simulate.Diurnal(2, 10, time.Hour)
	require.Equal(t, 6*3600.0, sum(day, 0, time.Hour))
	require.Equal(t, 2.0, sum(day, 0, time.Second))
	require.Equal(t, 10.0, sum(day, 30*time.Minute, 30*time.Minute+time.Second))
	require.Equal(t, 5.0, sum(simulate.Sum(simulate.Constant(2), simulate.Constant(3)), 0, time.Second))
	for _, mean := range []float64{0.3, 20, 400} {
		var n, squares float64
		const draws = 20_000
		for range draws {
			x := simulate.Poisson(simulate.Constant(mean))(0, time.Second, chance)
			n, squares = n+x, squares+(x-mean)*(x-mean)
		}
		require.InEpsilon(t, mean, n/draws, 0.03)
		require.InEpsilon(t, mean, squares/draws, 0.05)
	}
}

func TestJobs(t *testing.T) {
	s := simulate.Scenario{
		Length: 10 * time.Minute, Interval: 10 * time.Second, Workers: simulate.Workers{Rate: 0.1, Start: 5 * time.Second},
		Sources: []simulate.Source{{Load: simulate.Burst(time.Second, 12, 0), Target: perReplica(1)}},
	}
	play := func(p autoscale.JobPolicy, s simulate.Scenario) simulate.Result {
		r, err := simulate.RunJobs(p, s)
		require.NoError(t, err)
		return r
	}
	r := play(autoscale.JobPolicy{Max: 8, Strategy: autoscale.StrategyAuto}, s)
	require.Equal(t, []change{{10 * time.Second, 8}, {25 * time.Second, 0}, {30 * time.Second, 4}, {45 * time.Second, 0}}, changes(r))
	require.Equal(t, int64(12), r.Done)
	require.Equal(t, 8*15.0+4*15, r.ReplicaSeconds)
	require.Equal(t, [2]time.Duration{14 * time.Second, 34 * time.Second}, [2]time.Duration{r.P50Wait, r.MaxWait})
	require.Zero(t, r.EmptyJobs)

	// A strategy that does not fit the source: it counts the messages that jobs are
	// about to take once more.
	eager := play(autoscale.JobPolicy{Max: 50, Strategy: autoscale.StrategyEager}, func() simulate.Scenario {
		s := s
		s.Workers.Start = 25 * time.Second
		return s
	}())
	require.Equal(t, int64(12), eager.Done)
	require.Positive(t, eager.EmptyJobs)

	s.Workers.PerJob, s.Sources[0].Target = 4, perReplica(4)
	r = play(autoscale.JobPolicy{Max: 8}, s)
	require.Equal(t, []change{{10 * time.Second, 3}, {55 * time.Second, 0}}, changes(r))
	require.Equal(t, int64(12), r.Done)
	for _, p := range r.Series {
		require.Equal(t, p.Arrived, p.Done+p.InFlight+p.Waiting, "%+v", p)
	}
}
