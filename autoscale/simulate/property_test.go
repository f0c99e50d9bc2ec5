package simulate_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// worlds are how many scenarios are made up for each property.
const worlds = 40

func TestNoMessageIsLost(t *testing.T) {
	for seed := range uint64(worlds) {
		chance := rand.New(rand.NewPCG(seed, 1))
		s := made(chance)
		for name, d := range deciders(policyOf(chance.IntN(3), 3+chance.IntN(40))) {
			r := run(t, d, s)
			require.Equal(t, r.Arrived, r.Done+r.InFlight+r.Waiting, "seed %d, %s: at the end", seed, name)
			require.Positive(t, r.Arrived, "seed %d, %s", seed, name)
			replicaSeconds, last := 0.0, simulate.Point{}
			for _, p := range r.Series {
				require.Equal(t, p.Arrived, p.Done+p.InFlight+p.Waiting, "seed %d, %s: %+v", seed, name, p)
				require.GreaterOrEqual(t, p.Done, last.Done, "seed %d, %s: %+v", seed, name, p)
				require.GreaterOrEqual(t, min(p.Waiting, p.InFlight, int64(p.Ready)), int64(0), "seed %d, %s: %+v", seed, name, p)
				require.GreaterOrEqual(t, p.Replicas, p.Ready, "seed %d, %s: %+v", seed, name, p)
				require.GreaterOrEqual(t, p.Exist, p.Replicas, "seed %d, %s: %+v", seed, name, p)
				replicaSeconds, last = replicaSeconds+float64(p.Exist), p
			}
			require.Equal(t, replicaSeconds, r.ReplicaSeconds, "seed %d, %s", seed, name)
		}
	}
}

func TestNoMessageOfAJobIsLost(t *testing.T) {
	for seed := range uint64(worlds) {
		chance := rand.New(rand.NewPCG(seed, 6))
		s := made(chance)
		s.Workers.PerJob = chance.IntN(5)
		p := autoscale.JobPolicy{Max: 1 + chance.IntN(40), Strategy: []autoscale.Strategy{autoscale.StrategyAuto, autoscale.StrategyAccurate, ""}[chance.IntN(3)]}
		r, err := simulate.RunJobs(p, s)
		require.NoError(t, err)
		require.Equal(t, r.Arrived, r.Done+r.InFlight+r.Waiting, "seed %d: at the end", seed)
		for _, point := range r.Series {
			require.Equal(t, point.Arrived, point.Done+point.InFlight+point.Waiting, "seed %d: %+v", seed, point)
			require.LessOrEqual(t, point.Replicas, p.Max, "seed %d: %+v", seed, point)
			require.GreaterOrEqual(t, min(point.Waiting, point.InFlight, int64(point.Ready)), int64(0), "seed %d: %+v", seed, point)
		}
	}
}

func TestMoreWorkersNeverWaitLonger(t *testing.T) {
	shorter := 0
	for seed := range uint64(worlds) {
		chance := rand.New(rand.NewPCG(seed, 2))
		s := made(chance)
		s.Replicas = 0
		few := 1 + chance.IntN(8)
		many := few + 1 + chance.IntN(4)
		slow, fast := run(t, fixed(few), s), run(t, fixed(many), s)
		require.Equal(t, slow.Arrived, fast.Arrived, "seed %d", seed)
		for i := range slow.Series {
			// As the oldest go first, fewer that wait at all times means no longer waits.
			require.LessOrEqual(t, fast.Series[i].Waiting, slow.Series[i].Waiting,
				"seed %d: %d and %d replicas at %v", seed, many, few, slow.Series[i].At)
		}
		require.LessOrEqual(t, fast.P50Wait, slow.P50Wait, "seed %d", seed)
		require.LessOrEqual(t, fast.P99Wait, slow.P99Wait, "seed %d", seed)
		require.LessOrEqual(t, fast.MaxWait, slow.MaxWait, "seed %d", seed)
		if fast.MaxWait < slow.MaxWait {
			shorter++
		}
	}
	require.Greater(t, shorter, worlds/4)
}

func TestTheSameSeedHasTheSameResult(t *testing.T) {
	others := 0
	for seed := range uint64(worlds) {
		chance := rand.New(rand.NewPCG(seed, 3))
		s := made(chance)
		for name, d := range deciders(policyOf(0, 20)) {
			first := run(t, d, s)
			require.Equal(t, first, run(t, d, s), "seed %d, %s", seed, name)
			s := s
			s.Seed++
			if run(t, d, s).Arrived != first.Arrived {
				others++
			}
		}
	}
	require.Greater(t, others, worlds)
}

func TestTheSameMessagesArriveWhoeverScales(t *testing.T) {
	for seed := range uint64(worlds) {
		s := made(rand.New(rand.NewPCG(seed, 4)))
		var arrived []int64
		for _, d := range deciders(policyOf(0, 20)) {
			r := run(t, d, s)
			now := make([]int64, len(r.Series))
			for i, p := range r.Series {
				now[i] = p.Arrived
			}
			if arrived != nil {
				require.Equal(t, arrived, now, "seed %d", seed)
			}
			arrived = now
		}
	}
}

func TestAnOutageScalesNothingDown(t *testing.T) {
	failing := 0
	for seed := range uint64(worlds) {
		chance := rand.New(rand.NewPCG(seed, 5))
		s := made(chance)
		p := policyOf(chance.IntN(2), 20)
		p.Cooldown = time.Duration(chance.IntN(300)) * time.Second
		for name, d := range deciders(p) {
			for _, round := range run(t, d, s).Rounds {
				if slices.ContainsFunc(round.Input.Samples, func(s autoscale.Sample) bool { return s.Err != nil }) {
					failing++
					from, to := round.Change()
					require.GreaterOrEqual(t, to, from, "seed %d, %s at %v by %s: %s", seed, name, round.At, round.By, round.Reasons())
				}
			}
		}
	}
	require.Greater(t, failing, 1000)
}

func TestAnOutageScalesDownIfARuleSaysSo(t *testing.T) {
	s := simulate.Scenario{
		Length: 30 * time.Minute, Interval: 5 * time.Second,
		Workers: simulate.Workers{Rate: 0.001},
		Sources: []simulate.Source{{
			Load: simulate.Burst(time.Minute, 100, 0), Target: perReplica(5), InFlight: true, Outages: []simulate.Window{{From: 10 * time.Minute, To: time.Hour}},
		}},
	}
	held := policyOf(0, 50)
	for name, d := range deciders(held) {
		require.Equal(t, 20, run(t, d, s).Series[1799].Replicas, name)
	}
	less := held
	less.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 2}
	for name, d := range deciders(less) {
		require.Equal(t, 2, run(t, d, s).Series[1799].Replicas, name)
	}
}
