package autoscale_test

import (
	"encoding/json"
	"errors"
	"math/rand"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// A world makes up valid policies and their inputs.
type world struct{ *rand.Rand }

// forEachWorld runs a property in many worlds.
func forEachWorld(t *testing.T, property func(t *testing.T, w world)) {
	for seed := range int64(2000) {
		property(t, world{rand.New(rand.NewSource(seed))})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func (w world) chance(percent int) bool { return w.Intn(100) < percent }

func pick[T any](w world, choices ...T) T { return choices[w.Intn(len(choices))] }

func (w world) seconds(n int) time.Duration { return time.Duration(w.Intn(n+1)) * time.Second }

func (w world) behavior() autoscale.Behavior {
	var b autoscale.Behavior
	if w.chance(50) {
		b.Window = ptr(w.seconds(300))
	}
	b.Select = pick(w, "", autoscale.Max, autoscale.Min, autoscale.Disabled)
	for range w.Intn(3) {
		b.Limits = append(b.Limits, autoscale.Limit{
			Kind: pick(w, autoscale.Pods, autoscale.Percent), Value: 1 + w.Intn(150), Period: time.Second + w.seconds(120),
		})
	}
	if w.chance(20) {
		b.Tolerance = ptr(w.Float64() / 2)
	}
	return b
}

func (w world) policy() autoscale.Policy {
	p := autoscale.Default()
	p.Max = 1 + w.Intn(50)
	p.Min = pick(w, 0, w.Intn(p.Max+1))
	if w.chance(30) {
		p.Idle = ptr(w.Intn(max(p.Min, 1)))
	}
	p.Cooldown, p.InitialCooldown = w.seconds(300), w.seconds(300)
	p.Gradual = w.chance(30)
	p.Tolerance = pick(w, 0, 0.1, w.Float64())
	p.Up, p.Down = w.behavior(), w.behavior()
	if w.chance(30) {
		p.Fallback = &autoscale.Fallback{Failures: w.Intn(3), Replicas: w.Intn(60), Behavior: pick(w,
			autoscale.Static, autoscale.CurrentReplicas, autoscale.CurrentReplicasIfHigher, autoscale.CurrentReplicasIfLower)}
	}
	if w.chance(50) {
		p.OnError = map[string]autoscale.OnError{"": {
			Action:   pick(w, autoscale.Hold, autoscale.Ignore, autoscale.LastKnownGood, autoscale.FailUp),
			Failures: w.Intn(2), MaxAge: time.Second + w.seconds(60), Replicas: w.Intn(60),
		}}
	}
	if w.chance(20) {
		p.Combine = &autoscale.Combine{Func: either, Target: scalerkit.Target{Value: 1 + w.Float64()*9}, Activation: w.Float64() * 9}
	}
	p.Pause.ForceActive = w.chance(5)
	return p
}

func (w world) sample(trigger string) autoscale.Sample {
	s := queue(trigger, w.Float64()*pick(w, 0.0, 5, 50, 500), 0.5+w.Float64()*9)
	s.Metric.Target.Kind = pick(w, scalerkit.PerReplica, scalerkit.Total)
	s.Metric.Activation = pick(w, 0.0, 10)
	if w.chance(40) {
		s.Reading.Limit, s.Reading.Even = 1+w.Intn(60), w.chance(50)
	}
	if w.chance(20) {
		s.Reading.Target = 0.5 + w.Float64()*9
	}
	return s
}

func (w world) samples() []autoscale.Sample {
	samples := make([]autoscale.Sample, 1+w.Intn(3))
	for i := range samples {
		samples[i] = w.sample(string(rune('a' + i)))
		if w.chance(15) {
			samples[i].Err = errors.New("down")
		}
	}
	return samples
}

// input returns what a workload looks like after a while.
func (w world) input(p autoscale.Policy) autoscale.Input {
	in := autoscale.Input{Now: noon, Current: w.Intn(p.Max + 1)}
	for range w.Intn(12) {
		in.Samples = w.samples()
		d := p.Decide(in)
		in.State, in.Current = d.State, d.Replicas
		in.Now = in.Now.Add(time.Second + w.seconds(60))
	}
	in.Samples = w.samples()
	if w.chance(30) {
		in.Ready = ptr(w.Intn(in.Current + 3))
	}
	return in
}

// lowest is the least number of replicas that a workload can be given.
func lowest(p autoscale.Policy) int {
	if p.Idle != nil {
		return *p.Idle
	}
	return p.Min
}

func TestDecisionsStayWithinBoundsAndTheirStepsAreAChain(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		require.NoError(t, p.Validate())
		in := w.input(p)
		if w.chance(20) {
			in.Current = w.Intn(2 * p.Max)
		}
		d := p.Decide(in)
		checkChain(t, in.Current, d)
		require.LessOrEqual(t, d.Replicas, p.Max, "%v", d)
		require.GreaterOrEqual(t, d.Replicas, min(in.Current, lowest(p)), "%v", d)
		if p.Idle == nil {
			require.GreaterOrEqual(t, d.Replicas, p.Min, "%v", d)
		}
		if d.Active {
			require.GreaterOrEqual(t, d.Replicas, max(p.Min, 1), "%v", d)
		}
	})
}

func TestEqualInputsGiveEqualDecisionsAndAreNotChanged(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		before := clone(in)
		first := p.Decide(in)
		require.Equal(t, before, in)
		second := p.Decide(clone(in)) // its maps have an order of their own
		require.Equal(t, first, second)
		require.Equal(t, before, in)

		// Nor does a later decision change what an earlier one returned.
		kept := clone(autoscale.Input{State: first.State}).State
		in.State, in.Now = first.State, in.Now.Add(w.seconds(60))
		p.Decide(in)
		require.Equal(t, kept, first.State)
	})
}

func TestTheRoundTripOfTheStateThroughJSONChangesNothing(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		text, err := json.Marshal(in.State)
		require.NoError(t, err)
		back := in
		back.State = autoscale.State{}
		require.NoError(t, json.Unmarshal(text, &back.State))
		require.Equal(t, in.State, back.State)
		require.Equal(t, p.Decide(in), p.Decide(back))
	})
}

func TestMoreLoadNeverMeansFewerReplicas(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		in.Samples = slices.DeleteFunc(in.Samples, func(s autoscale.Sample) bool { return s.Err != nil && p.Combine != nil })
		if len(in.Samples) == 0 {
			return
		}
		less := p.Decide(in)
		more := in
		more.Samples = slices.Clone(in.Samples)
		s := &more.Samples[w.Intn(len(more.Samples))]
		s.Reading.Value += w.Float64() * pick(w, 0.1, 1, 10, 100)
		d := p.Decide(more)
		require.GreaterOrEqual(t, d.Replicas, less.Replicas, "%+v\nless:\n%v\nmore:\n%v", p, less, d)
	})
}

func TestAFailingTriggerNeverScalesDown(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		p.Fallback, p.OnError = nil, nil
		for range 20 {
			in.Samples = w.samples()
			in.Samples[w.Intn(len(in.Samples))].Err = errors.New("down")
			d := p.Decide(in)
			require.GreaterOrEqual(t, d.Replicas, in.Current, "%v", d)
			in.State, in.Current, in.Now = d.State, d.Replicas, in.Now.Add(w.seconds(600))
		}
	})
}

func TestNoTriggerCallsForMoreThanItsLimit(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		if w.chance(20) {
			in.Current = w.Intn(2 * p.Max)
		}
		for _, o := range p.Decide(in).Triggers {
			if !o.Known || o.Limit == 0 {
				continue
			}
			require.LessOrEqual(t, o.Replicas, o.Limit, "%+v", o)
			if o.Even && o.Replicas > 0 {
				require.Zero(t, o.Limit%o.Replicas, "%+v", o)
			}
		}
	})
}

// The cooldown is the time between answers. A time that begins or ends with a
// failure is unknown.
func TestUnknownTimeNeverScalesToZero(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		p.Fallback, p.OnError, p.Combine = nil, nil, nil
		p.Pause.ForceActive = false
		in := autoscale.Input{Now: noon, Current: 1 + w.Intn(p.Max), Samples: []autoscale.Sample{queue("a", 50, 5)}}
		var inactive time.Duration
		known := true
		for range 30 {
			d := p.Decide(in)
			passed := w.seconds(120)
			in.State, in.Now = d.State, in.Now.Add(passed)
			in.Current = max(d.Replicas, 1)
			answers := w.chance(70)
			in.Samples[0] = queue("a", 0, 5)
			if !answers {
				in.Samples[0] = broken("a")
			}
			if known && answers {
				inactive += passed
			}
			known = answers
			if d := p.Decide(in); d.Applied(autoscale.RuleDeactivated) {
				require.GreaterOrEqual(t, inactive, p.Cooldown, "%+v\n%v", in.State, d)
			} else if !known {
				require.GreaterOrEqual(t, d.Replicas, in.Current, "%v", d)
			}
		}
	})
}

func TestTheStateDoesNotGrow(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.Down.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 3, Period: 2 * time.Minute}}
	})
	w := world{rand.New(rand.NewSource(1))}
	in := autoscale.Input{Now: noon, Current: 10}
	for i := range 10_000 {
		in.Now = in.Now.Add(15 * time.Second)
		in.Samples = []autoscale.Sample{w.sample("trigger-" + strconv.Itoa(i))}
		d := p.Decide(in)
		in.State, in.Current = d.State, d.Replicas
		require.LessOrEqual(t, len(in.State.Recommendations), 20)
		require.LessOrEqual(t, len(in.State.ScaleUps)+len(in.State.ScaleDowns), 18)
		require.Empty(t, in.State.Failures)
	}
}

// clone copies what an Input refers to.
func clone(in autoscale.Input) autoscale.Input {
	in.Samples = slices.Clone(in.Samples)
	s := &in.State
	s.Recommendations = slices.Clone(s.Recommendations)
	s.ScaleUps, s.ScaleDowns = slices.Clone(s.ScaleUps), slices.Clone(s.ScaleDowns)
	s.Failures, s.LastGood = cloneMap(s.Failures), cloneMap(s.LastGood)
	return in
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
