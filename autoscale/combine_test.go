package autoscale_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// sum needs all of its triggers, as the formula a + b does.
func sum(triggers ...string) func(map[string]float64) (float64, error) {
	return func(values map[string]float64) (float64, error) {
		var total float64
		for _, t := range triggers {
			v, ok := values[t]
			if !ok {
				return 0, errors.New(t + " is missing")
			}
			total += v
		}
		return total, nil
	}
}

// either is the formula a ?? b ?? 5.
func either(values map[string]float64) (float64, error) {
	for _, t := range []string{"a", "b"} {
		if v, ok := values[t]; ok {
			return v, nil
		}
	}
	return 5, nil
}

func constant(v float64) func(map[string]float64) (float64, error) {
	return func(map[string]float64) (float64, error) { return v, nil }
}

func TestDecideWithCombine(t *testing.T) {
	type samples = []autoscale.Sample
	combine := func(f func(map[string]float64) (float64, error), more ...func(*autoscale.Policy)) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) {
			p.Down.Window = ptr(time.Duration(0))
			p.Combine = &autoscale.Combine{
				Func: f, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10}, Activation: 20,
			}
			for _, change := range more {
				change(p)
			}
		}
	}
	fallback := func(b autoscale.FallbackBehavior) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) { p.Fallback = &autoscale.Fallback{Replicas: 6, Behavior: b} }
	}
	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		samples samples
		active  bool
		want    string // Decision.String
	}{
		{
			name:    "the combined value takes the place of all triggers",
			policy:  combine(sum("a", "b")),
			samples: samples{queue("a", 100, 1), queue("b", 60, 0)},
			active:  true,
			want: `Input a: 0 -> 0: 100
Input b: 0 -> 0: 60
Metric formula: 0 -> 16: 160 / 10 per replica = 16
Activated formula: 16 -> 16: active, at least 1`,
		},
		{
			name:    "the combined value and nothing else decides on activity",
			policy:  combine(sum("a", "b")),
			samples: samples{queue("a", 10, 1), queue("b", 10, 1)},
			want: `Input a: 0 -> 0: 10
Input b: 0 -> 0: 10
Metric formula: 0 -> 2: 20 / 10 per replica = 2, inactive
Inactive: 2 -> 0: no trigger is active`,
		},
		{
			name:    "a formula that cannot do without a trigger fails too",
			policy:  combine(sum("a", "b")),
			current: 10,
			samples: samples{queue("a", 30, 1), broken("b")},
			want: `Input a: 10 -> 10: 30
Failed b: 10 -> 10: failure 1: connection refused
Failed formula: 10 -> 10: failure 1: b is missing
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a formula that can do without a trigger may scale up",
			policy:  combine(either),
			current: 10,
			samples: samples{broken("a"), queue("b", 150, 1)},
			active:  true,
			want: `Failed a: 10 -> 10: failure 1: connection refused
Input b: 10 -> 10: 150
Metric formula: 10 -> 15: 150 / 10 per replica = 15`,
		},
		{
			name:    "a formula that can do without a trigger does not scale down",
			policy:  combine(either),
			current: 10,
			samples: samples{broken("a"), queue("b", 30, 1)},
			active:  true,
			want: `Failed a: 10 -> 10: failure 1: connection refused
Input b: 10 -> 10: 30
Metric formula: 10 -> 3: 30 / 10 per replica = 3
Hold: 3 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a fallback takes the place of the formula",
			policy:  combine(either, fallback(autoscale.Static)),
			current: 10,
			samples: samples{broken("a"), queue("b", 150, 1)},
			active:  true,
			want: `Fallback a: 10 -> 6: calls for 6: failure 1: connection refused
Input b: 6 -> 6: 150`,
		},
		{
			name:    "a fallback can be left to the formula, which may then scale down",
			policy:  combine(either, fallback(autoscale.ScalingModifiers)),
			current: 10,
			samples: samples{broken("a"), queue("b", 30, 1)},
			active:  true,
			want: `Absent a: 10 -> 10: absent from the formula: failure 1: connection refused
Input b: 10 -> 10: 30
Metric formula: 10 -> 3: 30 / 10 per replica = 3`,
		},
		{
			name:    "a formula with a value for the case that all is missing may use it",
			policy:  combine(either, fallback(autoscale.ScalingModifiers)),
			current: 10,
			samples: samples{broken("a"), broken("b")},
			want: `Absent a: 10 -> 10: absent from the formula: failure 1: connection refused
Absent b: 10 -> 10: absent from the formula: failure 1: connection refused
Metric formula: 10 -> 1: 5 / 10 per replica = 1, inactive`,
		},
		{
			name:    "a fallback left to a formula that fails is static",
			policy:  combine(sum("a", "b"), fallback(autoscale.ScalingModifiers)),
			current: 10,
			samples: samples{queue("a", 30, 1), broken("b")},
			active:  true,
			want: `Input a: 10 -> 10: 30
Absent b: 10 -> 10: absent from the formula: failure 1: connection refused
Fallback formula: 10 -> 6: calls for 6: failure 1: b is missing`,
		},
		{
			name: "with all triggers ignored the formula does not scale down",
			policy: combine(either, func(p *autoscale.Policy) {
				p.OnError = map[string]autoscale.OnError{"": {Action: autoscale.Ignore}}
			}),
			current: 10,
			samples: samples{broken("a"), broken("b")},
			want: `Ignored a: 10 -> 10: ignored: failure 1: connection refused
Ignored b: 10 -> 10: ignored: failure 1: connection refused
Metric formula: 10 -> 1: 5 / 10 per replica = 1, inactive
Hold: 1 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a negative result is an error",
			policy:  combine(constant(-1)),
			current: 10,
			samples: samples{queue("a", 30, 1)},
			want: `Input a: 10 -> 10: 30
Failed formula: 10 -> 10: failure 1: combined value -1 is not a finite number of at least 0
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a result that is no number is an error",
			policy:  combine(constant(math.NaN())),
			current: 10,
			samples: samples{queue("a", 30, 1)},
			want: `Input a: 10 -> 10: 30
Failed formula: 10 -> 10: failure 1: combined value NaN is not a finite number of at least 0
Hold: 10 -> 10: too little is known to leave 10`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			require.NoError(t, p.Validate())
			d := p.Decide(autoscale.Input{Now: noon, Current: test.current, Samples: test.samples, State: seen(time.Minute)})
			assert.Equal(t, test.want, d.String())
			assert.Equal(t, test.active, d.Active)
			checkChain(t, test.current, d)
		})
	}
}

func TestAFormulaGoesOnWithItsLastKnownGoodValue(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{Func: sum("a", "b"), Target: scalerkit.Target{Value: 10}}
		p.OnError = map[string]autoscale.OnError{
			autoscale.Formula: {Action: autoscale.LastKnownGood, MaxAge: time.Minute},
			"b":               {Action: autoscale.Ignore},
		}
	})
	in := autoscale.Input{Now: noon, Current: 10, Samples: []autoscale.Sample{queue("a", 90, 1), queue("b", 90, 1)}}
	d := p.Decide(in)
	in.Now, in.Current, in.State, in.Samples[1] = noon.Add(30*time.Second), d.Replicas, d.State, broken("b")
	assert.Equal(t, `Input a: 18 -> 18: 90
Ignored b: 18 -> 18: ignored: failure 1: connection refused
LastKnownGood formula: 18 -> 18: 180 from 30s ago, of at most 1m0s: failure 1: b is missing
Tolerance formula: 18 -> 18: 180 / 10 per replica is within the tolerance of 18`, p.Decide(in).String())
}
