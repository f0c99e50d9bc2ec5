package hpa_test

import (
	"errors"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
)

func quantity(text string) *resource.Quantity { return ptr(resource.MustParse(text)) }

func sample(m hpa.Metric, value float64) autoscale.Sample {
	return autoscale.Sample{
		Trigger: m.Trigger,
		Metric:  scalerkit.Metric{Target: m.Target},
		Reading: scalerkit.Reading{Value: value, Time: noon.Add(-time.Second)},
	}
}

func failing(m hpa.Metric) autoscale.Sample {
	s := sample(m, 0)
	s.Reading, s.Err = scalerkit.Reading{}, errors.New("connection refused")
	return s
}

// failed is a state in which a trigger has failed n times.
func failed(trigger string, n int) autoscale.State {
	return autoscale.State{Since: noon.Add(-time.Hour), Failures: map[string]int{trigger: n}}
}

func TestValues(t *testing.T) {
	perReplica, all := orders.List[0], orders.List[1]
	formula := hpa.Metric{Trigger: autoscale.Formula, Name: hpa.Composite, Target: scalerkit.Target{Value: 2}}
	sum := &autoscale.Combine{
		Target: formula.Target,
		Func: func(values map[string]float64) (float64, error) {
			if len(values) < 2 {
				return 0, errors.New("orders is missing")
			}
			return values["orders"] + values["rate"], nil
		},
	}
	rate := &autoscale.Combine{Target: formula.Target, Func: func(values map[string]float64) (float64, error) { return values["rate"], nil }}
	fallback := &autoscale.Fallback{Failures: 3, Replicas: 6}
	tests := []struct {
		name   string
		metric hpa.Metric
		policy autoscale.Policy
		ready  *int
		state  autoscale.State
		others []autoscale.Sample
		sample autoscale.Sample
		value  float64
		age    time.Duration
		err    string
	}{
		{name: "a reading is passed on, with its own time", metric: perReplica, sample: sample(perReplica, 42), value: 42, age: time.Second},
		{name: "zero is a reading too", metric: perReplica, sample: sample(perReplica, 0), value: 0, age: time.Second},
		{name: "what cannot be read is not known", metric: perReplica, sample: failing(perReplica), err: "connection refused"},
		{
			name: "a fallback is what makes the HPA come to its replicas", metric: perReplica,
			policy: autoscale.Policy{Fallback: fallback}, state: failed("orders", 3), sample: failing(perReplica), value: 30,
		},
		{
			name: "for a total the replicas that are ready count", metric: all, ready: ptr(3),
			policy: autoscale.Policy{Fallback: fallback}, state: failed("rate", 3), sample: failing(all), value: 0.5,
		},
		{
			name: "of which there may be none", metric: all, ready: ptr(0),
			policy: autoscale.Policy{Fallback: fallback}, state: failed("rate", 3), sample: failing(all),
			err: "no replica is ready, by which the HPA multiplies: connection refused",
		},
		{
			name: "failing up calls for more", metric: perReplica,
			policy: autoscale.Policy{OnError: map[string]autoscale.OnError{"": {Action: autoscale.FailUp, Replicas: 8}}},
			sample: failing(perReplica), value: 40,
		},
		{
			name: "and never for less", metric: perReplica,
			policy: autoscale.Policy{OnError: map[string]autoscale.OnError{"": {Action: autoscale.FailUp, Replicas: 2}}},
			sample: failing(perReplica), value: 20,
		},
		{
			name: "the last known good reading has its own time", metric: perReplica,
			policy: autoscale.Policy{OnError: map[string]autoscale.OnError{"": {Action: autoscale.LastKnownGood, MaxAge: time.Hour}}},
			state: autoscale.State{LastGood: map[string]autoscale.GoodReading{
				"orders": {Value: 7, Time: noon.Add(-time.Minute)},
			}},
			sample: failing(perReplica), value: 7, age: time.Minute,
		},
		{
			name: "an ignored trigger stays unknown", metric: perReplica,
			policy: autoscale.Policy{OnError: map[string]autoscale.OnError{"": {Action: autoscale.Ignore}}},
			sample: failing(perReplica), err: "connection refused",
		},
		{
			name: "a formula has its value", metric: formula, policy: autoscale.Policy{Combine: sum},
			others: []autoscale.Sample{sample(all, 1)}, sample: sample(perReplica, 42), value: 43, age: time.Second,
		},
		{
			name: "or why it has none", metric: formula, policy: autoscale.Policy{Combine: sum},
			others: []autoscale.Sample{sample(all, 1)}, sample: failing(perReplica), err: "orders is missing", age: time.Second,
		},
		{
			name: "one that does without a trigger that fails does not let the HPA go down", metric: formula, policy: autoscale.Policy{Combine: rate},
			others: []autoscale.Sample{sample(all, 1)}, sample: failing(perReplica), value: 8, age: time.Second,
		},
		{
			name: "but up", metric: formula, policy: autoscale.Policy{Combine: rate},
			others: []autoscale.Sample{sample(all, 40)}, sample: failing(perReplica), value: 40, age: time.Second,
		},
		{
			name: "and down if the trigger is to be ignored", metric: formula,
			policy: autoscale.Policy{Combine: rate, OnError: map[string]autoscale.OnError{"orders": {Action: autoscale.Ignore}}},
			others: []autoscale.Sample{sample(all, 1)}, sample: failing(perReplica), value: 1, age: time.Second,
		},
		{
			name: "a fallback of any trigger takes its place", metric: formula,
			policy: autoscale.Policy{Combine: sum, Fallback: fallback}, state: failed("orders", 3),
			others: []autoscale.Sample{sample(all, 1)}, sample: failing(perReplica), value: 12,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy := test.policy
			policy.Max = 20
			metrics := hpa.Metrics{List: []hpa.Metric{test.metric}, Labels: orders.Labels, MaxAge: time.Minute}
			r := round(policy, 4, test.ready, test.state, append(test.others, test.sample)...)
			got := metrics.Values(r)[0]
			if test.err != "" {
				require.EqualError(t, got.Err, test.err)
				return
			}
			require.NoError(t, got.Err)
			assert.Equal(t, hpa.Value{
				Metric: test.metric.Name, Labels: orders.Labels, MaxAge: time.Minute,
				Value: test.value, Time: noon.Add(-test.age),
			}, got)
		})
	}
}

func TestValuesOutsideTheBounds(t *testing.T) {
	r := round(autoscale.Policy{Max: 3}, 10, nil, autoscale.State{}, sample(orders.List[0], 42), sample(orders.List[1], 1))
	values := orders.Values(r)
	assert.EqualValues(t, 42, values[0].Value)
	assert.EqualValues(t, 1, values[1].Value)
}

// saying is a sample with the source's own word on its replicas.
func saying(m hpa.Metric, value float64, limit int, even bool, target float64) autoscale.Sample {
	s := sample(m, value)
	s.Reading.Limit, s.Reading.Even, s.Reading.Target = limit, even, target
	return s
}

func TestValuesOfSourcesThatSayHowManyReplicasFindWork(t *testing.T) {
	perReplica := hpa.Metric{Trigger: "lag", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10}}
	all := hpa.Metric{Trigger: "lag", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 10}}
	for _, test := range []struct {
		name   string
		sample autoscale.Sample
		metric hpa.Metric
		ready  *int
		want   float64
	}{
		{name: "a capped reading is limit × target", metric: perReplica, sample: saying(perReplica, 1_000_000, 24, false, 0), want: 240},
		{name: "one below the limit is what it is", metric: perReplica, sample: saying(perReplica, 231, 24, false, 0), want: 231},
		{name: "an even number is the replicas × target", metric: perReplica, sample: saying(perReplica, 125, 24, true, 0), want: 240},
		{name: "and so it is if there is nothing to do", metric: perReplica, sample: saying(perReplica, 0, 24, true, 0), want: 0},
		{name: "a total is what the ready replicas make the limit of", metric: all, sample: saying(all, 1_000_000, 24, false, 0), want: 12},
		{name: "of which there may be none", metric: all, ready: ptr(0), sample: saying(all, 1_000_000, 24, false, 0), want: 1_000_000},
		{name: "the target of the source is made up for", metric: perReplica, sample: saying(perReplica, 60, 0, false, 4), want: 150},
		{name: "and so it is at the limit", metric: perReplica, sample: saying(perReplica, 1_000_000, 24, false, 4), want: 240},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := round(autoscale.Policy{Max: 100}, 20, test.ready, autoscale.State{}, test.sample)
			v := hpa.Metrics{List: []hpa.Metric{test.metric}}.Values(r)[0]
			require.NoError(t, v.Err)
			assert.InDelta(t, test.want, v.Value, 0)
		})
	}
}

// With an upward tolerance of 0, the HPA comes to the replicas that direct mode
// comes to, from any number of replicas.
func TestTheHPAComesToTheReplicasThatFindWork(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 10_000 {
		m := hpa.Metric{Trigger: "lag", Target: scalerkit.Target{
			Kind:  []scalerkit.TargetKind{scalerkit.PerReplica, scalerkit.Total}[random.Intn(2)],
			Value: math.Round(1+random.Float64()*1e6) / 1000,
		}}
		limit, current := 1+random.Intn(60), 1+random.Intn(60)
		s := saying(m, m.Target.Value*float64(limit)*2*(1+random.Float64()), limit, random.Intn(2) == 0, 0)
		if current > limit {
			current = limit
		}
		r := round(autoscale.Policy{Max: 100, Delegate: true}, current, nil, autoscale.State{}, s)
		v := hpa.Metrics{List: []hpa.Metric{m}}.Values(r)[0]
		require.NoError(t, v.Err)
		heard := autoscale.Policy{Max: 100}.Decide(autoscale.Input{Now: noon, Current: current, Samples: []autoscale.Sample{sample(m, v.Value)}})
		require.Equal(t, limit, heard.Triggers[0].Replicas, "%+v at %d: %v\n%s", m.Target, current, v.Value, heard)
	}
}

func TestValuesWithoutADecision(t *testing.T) {
	samples := []autoscale.Sample{sample(orders.List[0], 42), failing(orders.List[1])}
	metrics := orders
	metrics.List = append(metrics.List, hpa.Metric{Trigger: autoscale.Formula, Name: hpa.Composite})
	values := metrics.Values(control.Round{Time: noon, Samples: samples})
	assert.NoError(t, values[0].Err)
	assert.EqualValues(t, 42, values[0].Value)
	assert.EqualError(t, values[1].Err, "connection refused")
	assert.EqualError(t, values[2].Err, "no decision has been made")

	values = metrics.Values(control.Round{Time: noon, Samples: []autoscale.Sample{saying(orders.List[0], 1_000_000, 24, false, 0)}})
	assert.EqualValues(t, 24*5, values[0].Value)
}

// The HPA comes to the replicas of a fallback by its own arithmetic, which is
// that of a policy without a tolerance.
func TestTheHPAComesToTheFallback(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 10_000 {
		m := hpa.Metric{Trigger: "orders", Target: scalerkit.Target{
			Kind:  []scalerkit.TargetKind{scalerkit.PerReplica, scalerkit.Total}[random.Intn(2)],
			Value: math.Round(1+random.Float64()*1e6) / 1000,
		}}
		current, want := 1+random.Intn(50), random.Intn(50)
		policy := autoscale.Policy{Max: 100, Fallback: &autoscale.Fallback{Replicas: want}}
		r := round(policy, current, nil, autoscale.State{}, failing(m))
		v := hpa.Metrics{List: []hpa.Metric{m}}.Values(r)[0]
		require.NoError(t, v.Err)

		heard := autoscale.Policy{Max: 100}.Decide(autoscale.Input{Now: noon, Current: current, Samples: []autoscale.Sample{sample(m, v.Value)}})
		require.Equal(t, want, heard.Triggers[0].Replicas, "%+v at %d: %v\n%s", m.Target, current, v.Value, heard)
	}
}

func TestAValueBeyondAllReplicasIsTheMost(t *testing.T) {
	for _, m := range orders.List {
		r := round(autoscale.Policy{Max: 20}, 4, nil, autoscale.State{}, sample(m, 1e300))
		v := hpa.Metrics{List: []hpa.Metric{m}}.Values(r)[0]
		require.NoError(t, v.Err)
		assert.LessOrEqual(t, v.Value/m.Target.Value*4, 4*float64(math.MaxInt32))
		assert.Greater(t, v.Value/m.Target.Value, 1e6)
	}
}
