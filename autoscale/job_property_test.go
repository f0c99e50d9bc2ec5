package autoscale

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// checkJobDecision holds a decision against everything that is promised of all
// of them. The readings of in must have times that are not after in.Now.
func checkJobDecision(t *testing.T, p JobPolicy, in JobInput) {
	t.Helper()
	before := JobInput{
		Now: in.Now, Running: in.Running, Pending: in.Pending,
		Samples: slices.Clone(in.Samples), State: JobState{Used: maps.Clone(in.State.Used)},
	}
	d := p.Decide(in)
	require.Equal(t, before, in, "the input is not changed")
	require.Equal(t, d, p.Decide(in), "the same in, the same out")

	valid, running := p.bounded(), min(max(in.Running, 0), maxReplicas)
	total := running + d.Create
	require.GreaterOrEqual(t, d.Create, 0, "%s", d)
	require.LessOrEqual(t, total, max(valid.Max, running), "%s", d)
	if !p.Pause {
		require.GreaterOrEqual(t, total, valid.Min, "%s", d)
	}

	require.NotEmpty(t, d.Steps)
	n := running
	for _, s := range d.Steps {
		require.Equal(t, n, s.From, "%s", d)
		n = s.To
	}
	require.Equal(t, total, n, "%s", d)

	triggers := make(map[string]bool)
	for _, s := range in.Samples {
		triggers[s.Trigger] = true
	}
	for trigger := range d.State.Used {
		require.True(t, triggers[trigger], "%q", trigger)
	}

	// One round of creation for each reading, whatever has become of the jobs.
	if !p.Pause {
		again := in
		again.State = d.State
		for _, left := range []int{total, valid.Min, (total + valid.Min) / 2} {
			for _, pending := range []int{0, left / 2, left} {
				again.Running, again.Pending = left, pending
				if left >= valid.Min {
					require.Zero(t, p.Decide(again).Create, "%s", p.Decide(again))
				}
			}
		}
	}

	// More load, or a load where none was known.
	for i, s := range in.Samples {
		if s.Err == nil && !s.Reading.IsActive(s.Metric) {
			continue
		}
		more := in
		more.Samples = slices.Clone(in.Samples)
		m := &more.Samples[i]
		m.Err = nil
		m.Reading.Activity = scalerkit.Active
		if checkValue(m.Reading.Value) != nil {
			m.Reading.Value = 0
		}
		m.Reading.Value = m.Reading.Value*1.5 + 1
		got := p.Decide(more)
		require.GreaterOrEqual(t, got.Create, d.Create, "less load:\n%s\nmore load:\n%s", d, got)
	}
}

func TestJobDecisionsKeepTheirPromises(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	strategies := []Strategy{"", StrategyDefault, StrategyCustom, StrategyAccurate, StrategyEager, StrategyAuto, StrategyAuto}
	calculations := []Calculation{"", CalculationMax, CalculationMin, CalculationAvg, CalculationSum}
	for range 20_000 {
		p := JobPolicy{
			Min: r.IntN(6) - 1, Max: r.IntN(40), Deduction: r.IntN(5) - 1, Pause: r.IntN(20) == 0,
			Strategy:    strategies[r.IntN(len(strategies))],
			Calculation: calculations[r.IntN(len(calculations))],
		}
		if r.IntN(4) > 0 {
			p.RunningPercentage = percent(r.Float64()*2 - 0.1)
		}
		in := JobInput{Now: jobsNow.Add(time.Minute), Running: r.IntN(50) - 1}
		in.Pending = r.IntN(max(in.Running, 0)+2) - 1
		for i := range r.IntN(4) {
			s := jobs(string(rune('a'+i)), float64(r.IntN(400))/4, float64(1+r.IntN(20))/4)
			s.Metric.InFlight = r.IntN(2) == 0
			if r.IntN(3) == 0 {
				s.Reading.Limit, s.Reading.Even = 1+r.IntN(30), r.IntN(2) == 0
			}
			if r.IntN(5) == 0 {
				s.Reading.Target = float64(1+r.IntN(20)) / 4
			}
			if r.IntN(4) == 0 {
				s.Reading.Activity = scalerkit.Inactive
			}
			s.Reading.Time = jobsNow.Add(time.Duration(r.IntN(3)) * time.Second)
			if r.IntN(6) == 0 {
				s = jobsFailing(s.Trigger)
				s.Metric.Target.Value, s.Reading.Time = 1, jobsNow.Add(time.Second)
			}
			in.Samples = append(in.Samples, s)
			if r.IntN(3) == 0 {
				if in.State.Used == nil {
					in.State.Used = make(map[string]time.Time)
				}
				in.State.Used[s.Trigger] = jobsNow.Add(time.Duration(r.IntN(3)) * time.Second)
			}
		}
		checkJobDecision(t, p, in)
	}
}

func FuzzJobDecide(f *testing.F) {
	f.Add(0, 100, 4, 3, uint8(0), uint8(0), 0, 0.5, 10.0, 1.0, 20.0, 2.0, uint8(3))
	f.Add(5, 20, 7, 0, uint8(2), uint8(2), 2, 0.5, 50.0, 1.0, 0.0, 5.0, uint8(0xff))
	f.Add(-1, 0, -3, 9, uint8(4), uint8(4), -2, math.Inf(1), math.NaN(), 0.0, math.MaxFloat64, 1e-9, uint8(15))
	f.Add(math.MinInt, math.MaxInt, math.MaxInt, math.MaxInt, uint8(1), uint8(3), math.MaxInt, -1.0, 1e300, 0.001, 1e300, 0.001, uint8(15))
	strategies := []Strategy{StrategyDefault, StrategyCustom, StrategyAccurate, StrategyEager, StrategyAuto, "nonsense"}
	calculations := []Calculation{"", CalculationMax, CalculationMin, CalculationAvg, CalculationSum, "nonsense"}
	f.Fuzz(func(t *testing.T, least, most, running, pending int, strategy, calculation uint8, deduction int, part,
		a, targetA, b, targetB float64, flags uint8,
	) {
		flag := func(n int) bool { return flags&(1<<n) != 0 }
		p := JobPolicy{
			Min: least, Max: most, Deduction: deduction, RunningPercentage: &part, Pause: flag(7),
			Strategy:    strategies[int(strategy)%len(strategies)],
			Calculation: calculations[int(calculation)%len(calculations)],
		}
		if math.IsNaN(part) { // not equal to itself
			p.RunningPercentage = nil
		}
		in := JobInput{Now: jobsNow, Running: running, Pending: pending, Samples: []Sample{jobs("a", a, targetA), jobs("b", b, targetB)}}
		for i := range in.Samples {
			s := &in.Samples[i]
			s.Reading.Activity, s.Metric.InFlight = scalerkit.Inactive, flag(i+2)
			s.Reading.Limit, s.Reading.Even = max(deduction, 0), flag(6)
			if flag(i) {
				s.Reading.Activity = scalerkit.Active
			}
			// A failure by its value must stay one with more load.
			if checkValue(s.Reading.Value) != nil || s.Reading.Value > 1e300 || checkTarget(s.Metric.Target) != nil {
				s.Reading.Value, s.Metric.Target = -1, scalerkit.Target{}
			}
			if flag(i + 4) {
				in.State.Used = map[string]time.Time{s.Trigger: jobsNow}
			}
		}
		checkJobDecision(t, p, in)
		if p.Validate() == nil {
			return
		}
		checkJobDecision(t, p.bounded(), in)
	})
}
