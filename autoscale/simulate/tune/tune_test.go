package tune_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
)

const target = 10.0

// given is a policy as many have it.
func given() tune.Setting {
	p := autoscale.Default()
	p.Max = 40
	return tune.Setting{Policy: p, Interval: 30 * time.Second, Targets: map[string]float64{simulate.DefaultName: target}}
}

// bursts are a load of half an hour.
func bursts(every time.Duration, messages float64) tune.Load {
	return tune.Load{Name: "bursts", AtRest: true, Scenario: simulate.Scenario{
		Length: 30 * time.Minute, Phase: 2 * time.Second, SyncPhase: 9 * time.Second,
		Workers: simulate.Workers{Rate: 2, Spread: 1, Start: 5 * time.Second, StartSpread: 0.3},
		Sources: []simulate.Source{{
			Load: simulate.Sum(
				simulate.Poisson(simulate.Constant(3)),
				simulate.Every(every, simulate.Burst(every/2, messages, 10*time.Second)),
			),
			Target: scalerkit.Target{Value: target},
		}},
	}}
}

func search(seed uint64) tune.Search {
	return tune.Search{
		Given: given(), Space: tune.Around(given()), Objective: simulate.Objective{P95Wait: 20 * time.Second},
		Loads: []tune.Load{bursts(5*time.Minute, 300)}, Held: []tune.Load{bursts(7*time.Minute, 400)},
		Budget: 120, Seeds: 2, Seed: seed,
	}
}

func find(t *testing.T, s tune.Search) tune.Result {
	t.Helper()
	r, err := tune.Run(t.Context(), s)
	require.NoError(t, err)
	return r
}

// excess is how far a wait is beyond what is allowed.
func excess(f tune.Figures, o simulate.Objective) float64 {
	return max(1, float64(f.P95Wait)/float64(o.P95Wait))
}

func TestTheBestIsNeverWorseThanTheGiven(t *testing.T) {
	for seed := range uint64(8) {
		s := search(seed)
		chance := rand.New(rand.NewPCG(seed, 1))
		s.Budget = 15 + chance.IntN(60)
		s.Objective.P95Wait = time.Duration(1+chance.IntN(60)) * time.Second
		s.Given.Policy.Min = chance.IntN(20)
		r := find(t, s)
		was, is := excess(r.Given.Figures, s.Objective), excess(r.Best.Figures, s.Objective)
		require.LessOrEqual(t, is, was, "seed %d", seed)
		if is == was {
			require.LessOrEqual(t, r.Best.Figures.ReplicaSeconds, r.Given.Figures.ReplicaSeconds, "seed %d", seed)
		}
		require.Equal(t, is == 1, r.Best.Meets)
		require.Equal(t, was == 1, r.Given.Meets)
	}
}

func TestItFindsBetterValues(t *testing.T) {
	r := find(t, search(1))
	require.True(t, r.Best.Meets)
	require.Less(t, r.Best.Figures.ReplicaSeconds, r.Given.Figures.ReplicaSeconds)

	s := search(1)
	s.Objective.P95Wait = 12 * time.Second
	r = find(t, s)
	require.False(t, r.Given.Meets)
	require.True(t, r.Best.Meets)
}

func TestItFindsTheBestOfASmallSpace(t *testing.T) {
	s := search(3)
	s.Held = nil
	s.Space = tune.Space{
		Targets:     map[string][]float64{simulate.DefaultName: {5, 10, 20}},
		Intervals:   []time.Duration{5 * time.Second, 15 * time.Second},
		DownWindows: []time.Duration{0, time.Minute},
		Mins:        []int{0, 2},
	}
	all := 3 * 3 * 3 * 2 // with the given values
	s.Budget = all*s.Seeds + 3
	r := find(t, s)
	require.Len(t, r.Trials, all)
	best := r.Trials[0]
	for _, trial := range r.Trials {
		if trial.Seeds == s.Seeds && trial.Meets && (!best.Meets || trial.Figures.ReplicaSeconds < best.Figures.ReplicaSeconds) {
			best = trial
		}
	}
	require.Equal(t, best.Figures, r.Best.Figures)
}

func TestEqualSearchesHaveEqualResults(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var results []tune.Result
	for _, processors := range []int{1, 4, 16} {
		runtime.GOMAXPROCS(processors)
		results = append(results, find(t, search(5)))
	}
	require.Equal(t, results[0], results[1])
	require.Equal(t, results[0], results[2])
	require.NotEqual(t, results[0].Trials, find(t, search(6)).Trials)
}

// simulations counts those that are made of a load.
func simulations(l *tune.Load, n *atomic.Int64) {
	src := slices.Clone(l.Scenario.Sources)
	load := src[0].Load
	src[0].Load = func(from, to time.Duration, chance *rand.Rand) float64 {
		if from == 0 {
			n.Add(1)
		}
		return load(from, to, chance)
	}
	l.Scenario.Sources = src
}

func TestTheBudgetIsKept(t *testing.T) {
	for _, budget := range []int{9, 10, 11, 12, 40, 87} {
		for _, wait := range []time.Duration{time.Second, time.Minute} { // out of reach, and not
			s := search(2)
			s.Budget, s.Objective.P95Wait = budget, wait
			var n atomic.Int64
			simulations(&s.Loads[0], &n)
			simulations(&s.Held[0], &n)
			last := 0
			s.Progress = func(simulations int) {
				require.Equal(t, last+1, simulations)
				last = simulations
			}
			r := find(t, s)
			require.LessOrEqual(t, r.Simulations, budget)
			require.Equal(t, int(n.Load()), r.Simulations)
			require.Equal(t, last, r.Simulations)
			require.Equal(t, s.Given.Policy.Cooldown, r.Trials[0].Setting.Policy.Cooldown, "the given setting comes first")
		}
	}
}

func TestTheFrontierIsMonotone(t *testing.T) {
	r := find(t, search(4))
	require.Equal(t, "P95Wait", r.Measure)
	require.Greater(t, len(r.Frontier), 2)
	for i, f := range r.Frontier[1:] {
		require.Greater(t, f.Figures.ReplicaSeconds, r.Frontier[i].Figures.ReplicaSeconds)
		require.Less(t, f.Figures.P95Wait, r.Frontier[i].Figures.P95Wait)
	}
	for _, trial := range r.Trials {
		if trial.Seeds < 2 {
			continue
		}
		beaten := slices.ContainsFunc(r.Frontier, func(f tune.Trial) bool {
			return f.Figures.ReplicaSeconds <= trial.Figures.ReplicaSeconds && f.Figures.P95Wait <= trial.Figures.P95Wait
		})
		require.True(t, beaten, "%+v is neither on the frontier nor behind it", trial.Figures)
	}
}

func TestWhatIsHeldBackTakesNoPartInTheChoice(t *testing.T) {
	one, other := search(7), search(7)
	other.Held = []tune.Load{bursts(time.Minute, 1000)}
	a, b := find(t, one), find(t, other)
	require.NotEqual(t, a.Held, b.Held)
	a.Held, b.Held = nil, nil
	require.Equal(t, a, b)
}

func TestAllLoadsCount(t *testing.T) {
	s := search(8)
	s.Loads = append(s.Loads, bursts(15*time.Minute, 900))
	r := find(t, s)
	require.Len(t, r.Loads, 2)
	var longest time.Duration
	sum := 0.0
	for _, c := range r.Loads {
		longest = max(longest, c.Best.P95Wait)
		sum += c.Best.ReplicaSeconds
	}
	require.Equal(t, longest, r.Best.Figures.P95Wait)
	require.InEpsilon(t, sum, r.Best.Figures.ReplicaSeconds, 1e-9)
}

func TestFiguresAreThoseOfTheSimulations(t *testing.T) {
	s := search(9)
	s.Decider = func(p autoscale.Policy) autoscale.Decider { return simulate.KEDA{Policy: p} }
	r := find(t, s)
	var longest time.Duration
	sum := 0.0
	for i := range uint64(2) {
		scenario := s.Loads[0].Scenario
		scenario.Interval, scenario.Seed, scenario.Replicas = r.Best.Setting.Interval, s.Seed+i, r.Best.Setting.Policy.Min
		scenario.Sources = slices.Clone(scenario.Sources)
		scenario.Sources[0].Target.Value = r.Best.Setting.Targets[simulate.DefaultName]
		result, err := simulate.Run(simulate.KEDA{Policy: r.Best.Setting.Policy}, scenario)
		require.NoError(t, err)
		longest = max(longest, result.P95Wait)
		sum += result.ReplicaSeconds
	}
	require.Equal(t, longest, r.Best.Figures.P95Wait)
	require.InEpsilon(t, sum/2, r.Best.Figures.ReplicaSeconds, 1e-9)
}

func TestTheTargetOfAFormula(t *testing.T) {
	s := search(10)
	s.Given.Policy.Combine = &autoscale.Combine{
		Func:   func(values map[string]float64) (float64, error) { return values[simulate.DefaultName], nil },
		Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: target},
	}
	s.Given.Targets = map[string]float64{autoscale.Formula: target}
	s.Space = tune.Space{Targets: map[string][]float64{autoscale.Formula: {5, 20, 40}}}
	s.Objective.P95Wait = time.Minute
	r := find(t, s)
	require.Len(t, r.Trials, 4)
	figures := make(map[tune.Figures]bool)
	for _, trial := range r.Trials {
		figures[trial.Figures] = true
	}
	require.Greater(t, len(figures), 1, "the target changes what happens")
	require.Equal(t, target, s.Given.Policy.Combine.Target.Value, "what was given is left alone")
}

func TestWhatStandsInTheWay(t *testing.T) {
	s := search(11)
	s.Given.Policy.Max = 4 // and a burst is 150 seconds of work
	s.Space = tune.Around(s.Given)
	r := find(t, s)
	require.False(t, r.Best.Meets)
	var told []string
	for _, c := range r.Causes {
		told = append(told, fmt.Sprintf("%s: %v", c.If, c.Meets))
	}
	require.Equal(t, []string{
		"Max were ten times as large: true", "replicas started at once: false", "replicas worked ten times as fast: true",
	}, told)
}

func TestItEndsEarly(t *testing.T) {
	s := search(12)
	s.Enough = func() bool { return true }
	r := find(t, s)
	require.Len(t, r.Trials, 1)
	require.Equal(t, r.Given, r.Best)
	require.Len(t, r.Held, 1)

	ctx, cancel := context.WithCancelCause(t.Context())
	s = search(12)
	s.Progress = func(n int) {
		if n == 20 {
			cancel(errors.New("enough"))
		}
	}
	r, err := tune.Run(ctx, s)
	require.Equal(t, context.Canceled, err)
	require.Empty(t, r)
}

func TestAroundIsAllValid(t *testing.T) {
	idle := 2
	for name, change := range map[string]func(*tune.Setting){
		"the default":    func(*tune.Setting) {},
		"one replica":    func(s *tune.Setting) { s.Policy.Max = 1 },
		"many replicas":  func(s *tune.Setting) { s.Policy.Max = 5000 },
		"idle replicas":  func(s *tune.Setting) { s.Policy.Idle, s.Policy.Min = &idle, 5 },
		"a tiny target":  func(s *tune.Setting) { s.Targets = map[string]float64{simulate.DefaultName: 0.002} },
		"another window": func(s *tune.Setting) { w := 7 * time.Second; s.Policy.Up.Window = &w },
		"other limits": func(s *tune.Setting) {
			s.Policy.Up.Limits = []autoscale.Limit{{Kind: autoscale.Percent, Value: 3, Period: time.Minute}}
		},
		"no scaling down": func(s *tune.Setting) { s.Policy.Down.Select = autoscale.Disabled },
		"the HPA":         func(s *tune.Setting) { s.Policy.Delegate = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := search(13)
			change(&s.Given)
			s.Space, s.Budget = tune.Around(s.Given), 30
			find(t, s)
		})
	}
}

func TestRoundNumbers(t *testing.T) {
	require.Equal(t, []float64{0.7, 1, 1.5, 2, 3, 5, 7, 10, 15}, tune.Numbers(0.6, 19))
	require.Equal(t, []float64{0.001, 0.0015, 0.002}, tune.Numbers(0, 0.002))
	require.Empty(t, tune.Numbers(8, 9))
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	s := search(1)
	s.Loads, s.Objective, s.Seeds, s.Given.Interval = nil, simulate.Objective{}, -1, 0
	s.Space = tune.Space{Targets: map[string][]float64{"orders": {1}}}
	refused(t, s,
		"Loads: there is none",
		"Objective: it limits neither a wait nor RightSize",
		"Seeds: -1 is less than 1",
		"Given.Interval: 0s is not greater than 0",
		`Space.Targets["orders"]: Given.Targets does not have it`)

	s = search(1)
	s.Budget, s.Objective.ReplicaSeconds = 8, 1
	s.Space = tune.Space{
		Targets: map[string][]float64{simulate.DefaultName: {0}}, Intervals: []time.Duration{time.Millisecond}, Cooldowns: []time.Duration{-1},
		UpWindows: []time.Duration{2 * time.Hour}, Mins: []int{41},
		DownLimits: [][]autoscale.Limit{{{Kind: autoscale.Pods, Value: 0, Period: time.Second}}},
	}
	refused(t, s,
		"Objective.ReplicaSeconds: 1 is not 0: they become as few as they can",
		"Budget: 8 is less than 9, which it takes to play the given setting, what is held back and what stands in the way",
		`Space.Targets["queue"]: Sources[0].Target.Value: 0 is not within 0.001 and 1.7976931348623157e+308`,
		"Space.Intervals: Interval: 1ms is less than a Tick: 1s",
		"Space.Cooldowns: Cooldown: -1ns is negative",
		"Space.UpWindows: Up.Window: 2h0m0s is not between 0s and 1h0m0s",
		"Space.Mins: Min: 41 is greater than Max: 40",
		"Space.DownLimits: Down.Limits[0].Value: 0 is less than 1")

	s = search(1)
	s.Given.Policy.Max, s.Loads[0].Scenario.Length, s.Space = 0, 0, tune.Space{}
	refused(t, s, "load bursts: Length: 0s is not greater than 0", "load bursts: Max: 0 is less than 1")
}

func refused(t *testing.T, s tune.Search, want ...string) {
	t.Helper()
	r, err := tune.Run(t.Context(), s)
	require.EqualError(t, err, strings.Join(want, "\n"))
	require.Empty(t, r)
}
