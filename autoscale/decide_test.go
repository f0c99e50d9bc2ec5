package autoscale_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// queue is a trigger with a target per replica. It is active above zero.
func queue(trigger string, value, target float64) autoscale.Sample {
	return autoscale.Sample{
		Trigger: trigger,
		Metric:  scalerkit.Metric{Name: trigger, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: target}},
		Reading: scalerkit.Reading{Value: value},
	}
}

// total is a trigger with a target for the whole workload.
func total(trigger string, value, target float64) autoscale.Sample {
	s := queue(trigger, value, target)
	s.Metric.Target.Kind = scalerkit.Total
	return s
}

// broken is a trigger that fails.
func broken(trigger string) autoscale.Sample {
	s := queue(trigger, 0, 5)
	s.Err = errors.New("connection refused")
	return s
}

// policy is the default policy with changes.
func policy(change func(*autoscale.Policy)) autoscale.Policy {
	p := autoscale.Default()
	if change != nil {
		change(&p)
	}
	return p
}

func ptr[T any](v T) *T { return &v }

// seen is the state of a workload that has been known since an hour, and was
// active at a time before noon.
func seen(active time.Duration) autoscale.State {
	return autoscale.State{Since: noon.Add(-time.Hour), LastActive: noon.Add(-active)}
}

func TestDecide(t *testing.T) {
	type samples = []autoscale.Sample
	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		ready   *int
		state   autoscale.State
		samples samples
		active  bool
		want    string // Decision.String
	}{
		{
			name:    "the highest of all triggers counts",
			current: 10,
			samples: samples{queue("orders", 20, 5), queue("mails", 80, 5), queue("payments", 35, 5)},
			active:  true,
			want: `Metric orders: 10 -> 4: 20 / 5 per replica = 4
Metric mails: 4 -> 16: 80 / 5 per replica = 16
Metric payments: 16 -> 16: 35 / 5 per replica = 7`,
		},
		{
			name:    "within the tolerance nothing changes",
			current: 10,
			samples: samples{queue("orders", 55, 5), queue("mails", 45, 5), total("lag", 22, 20)},
			active:  true,
			want: `Tolerance orders: 10 -> 10: 55 / 5 per replica is within the tolerance of 10
Tolerance mails: 10 -> 10: 45 / 5 per replica is within the tolerance of 10
Tolerance lag: 10 -> 10: 22 / 20 is within the tolerance of 10`,
		},
		{
			name:    "each direction has its tolerance",
			policy:  func(p *autoscale.Policy) { p.Up.Tolerance = ptr(0.05) },
			current: 10,
			samples: samples{queue("orders", 54.9, 5)},
			active:  true,
			want:    `Metric orders: 10 -> 11: 54.9 / 5 per replica = 11`,
		},
		{
			name:    "a total target multiplies the ready replicas",
			current: 10,
			ready:   ptr(9),
			samples: samples{total("lag", 41, 20)},
			active:  true,
			want:    `Metric lag: 10 -> 19: 41 / 20 × 9 ready = 19`,
		},
		{
			name:    "from zero a total target counts as for one replica",
			ready:   ptr(0),
			samples: samples{total("lag", 100, 20)},
			active:  true,
			want: `Metric lag: 0 -> 5: 100 / 20 × 1 ready = 5
Activated lag: 5 -> 5: active, at least 1`,
		},
		{
			name:    "replicas that are not ready do not make a high reading scale down",
			current: 10,
			ready:   ptr(2),
			samples: samples{total("lag", 40, 20)},
			active:  true,
			want:    `Direction lag: 10 -> 10: 40 / 20 × 2 ready is against the direction of the reading, so 10`,
		},
		{
			name:    "replicas that are still ready do not make a low reading scale up",
			current: 2,
			ready:   ptr(10),
			samples: samples{total("lag", 10, 20)},
			active:  true,
			want:    `Direction lag: 2 -> 2: 10 / 20 × 10 ready is against the direction of the reading, so 2`,
		},
		{
			name:    "values count in thousandths, as they are published",
			policy:  func(p *autoscale.Policy) { p.Tolerance = 0 },
			current: 1,
			samples: samples{queue("orders", 10.0004, 5)},
			active:  true,
			want:    `Metric orders: 1 -> 2: 10 / 5 per replica = 2`,
		},
		{
			name:    "scaling up is limited to twice the replicas or four more",
			current: 10,
			samples: samples{queue("orders", 500, 5)},
			active:  true,
			want: `Metric orders: 10 -> 100: 500 / 5 per replica = 100
ScaleUpLimit: 100 -> 20: 100% in 15s allows 20`,
		},
		{
			name:    "a small workload may add four",
			current: 1,
			samples: samples{queue("orders", 500, 5)},
			active:  true,
			want: `Metric orders: 1 -> 100: 500 / 5 per replica = 100
ScaleUpLimit: 100 -> 5: 4 pods in 15s allows 5`,
		},
		{
			name:    "scaling down waits for the highest recommendation of five minutes",
			current: 10,
			state:   recommended(seen(time.Minute), 8, 4*time.Minute),
			samples: samples{queue("orders", 20, 5)},
			active:  true,
			want: `Metric orders: 10 -> 4: 20 / 5 per replica = 4
ScaleDownStabilized: 4 -> 8: highest recommendation in 5m0s is 8`,
		},
		{
			name:    "scaling up waits for the lowest recommendation of its window",
			policy:  func(p *autoscale.Policy) { p.Up.Window = ptr(time.Minute) },
			current: 10,
			state:   recommended(seen(time.Minute), 12, 30*time.Second),
			samples: samples{queue("orders", 90, 5)},
			active:  true,
			want: `Metric orders: 10 -> 18: 90 / 5 per replica = 18
ScaleUpStabilized: 18 -> 12: lowest recommendation in 1m0s is 12`,
		},
		{
			name:    "a disabled direction is not taken",
			policy:  func(p *autoscale.Policy) { p.Up.Select = autoscale.Disabled },
			current: 10,
			samples: samples{queue("orders", 90, 5)},
			active:  true,
			want: `Metric orders: 10 -> 18: 90 / 5 per replica = 18
ScaleUpLimit: 18 -> 10: this direction is disabled`,
		},
		{
			name: "of several limits the one that allows least counts if so selected",
			policy: func(p *autoscale.Policy) {
				p.Up = autoscale.Behavior{Select: autoscale.Min, Limits: []autoscale.Limit{
					{Kind: autoscale.Percent, Value: 50, Period: time.Minute},
					{Kind: autoscale.Pods, Value: 2, Period: time.Minute},
					{Kind: autoscale.Pods, Value: 4, Period: time.Minute},
				}}
			},
			current: 10,
			samples: samples{queue("orders", 90, 5)},
			active:  true,
			want: `Metric orders: 10 -> 18: 90 / 5 per replica = 18
ScaleUpLimit: 18 -> 12: 2 pods in 1m0s allows 12`,
		},
		{
			name: "the limit that allows least counts for scaling down too",
			policy: func(p *autoscale.Policy) {
				p.Down = autoscale.Behavior{Window: ptr(time.Duration(0)), Select: autoscale.Min, Limits: []autoscale.Limit{
					{Kind: autoscale.Pods, Value: 3, Period: time.Minute},
					{Kind: autoscale.Percent, Value: 15, Period: time.Minute},
					{Kind: autoscale.Pods, Value: 4, Period: time.Minute},
				}}
			},
			current: 10,
			samples: samples{queue("orders", 5, 5)},
			active:  true,
			want: `Metric orders: 10 -> 1: 5 / 5 per replica = 1
ScaleDownLimit: 1 -> 8: 15% in 1m0s allows 8`,
		},
		{
			name:    "more than Max is too many",
			policy:  func(p *autoscale.Policy) { p.Max = 12 },
			current: 10,
			samples: samples{queue("orders", 500, 5)},
			active:  true,
			want: `Metric orders: 10 -> 100: 500 / 5 per replica = 100
TooManyReplicas: 100 -> 12: at most 12`,
		},
		{
			name: "less than Min is too few",
			policy: func(p *autoscale.Policy) {
				p.Min = 4
				p.Down = onePodPerMinute()
				p.Down.Limits[0].Value = 8
			},
			current: 10,
			state:   seen(time.Minute),
			samples: samples{queue("orders", 5, 5)},
			active:  true,
			want: `Metric orders: 10 -> 1: 5 / 5 per replica = 1
TooFewReplicas: 1 -> 4: at least 4`,
		},
		{
			name:    "above Max the workload goes to Max at once",
			policy:  func(p *autoscale.Policy) { p.Max = 12 },
			current: 20,
			samples: samples{queue("orders", 90, 5)},
			active:  true,
			want:    `TooManyReplicas: 20 -> 12: at most 12`,
		},
		{
			name:    "below Min the workload goes to Min at once",
			policy:  func(p *autoscale.Policy) { p.Min = 4 },
			current: 2,
			samples: samples{queue("orders", 90, 5)},
			active:  true,
			want:    `TooFewReplicas: 2 -> 4: at least 4`,
		},

		// Hostile input.
		{
			name:    "a negative number of replicas counts as zero",
			current: -5,
			samples: samples{queue("orders", 0, 5)},
			want: `TooFewReplicas: -5 -> 0: at least 0
Metric orders: 0 -> 0: 0 / 5 per replica = 0, inactive
Inactive: 0 -> 0: no trigger is active`,
		},
		{
			name:    "without triggers nothing is known",
			current: 3,
			want:    `Hold: 3 -> 3: too little is known to leave 3`,
		},
		{
			name:    "a value that is no number is a failure",
			current: 3,
			samples: samples{queue("orders", math.NaN(), 5)},
			want: `Failed orders: 3 -> 3: failure 1: value NaN is not a finite number of at least 0
Hold: 3 -> 3: too little is known to leave 3`,
		},
		{
			name:    "a target of a kind that does not exist is a failure",
			current: 3,
			samples: samples{func() autoscale.Sample {
				s := queue("cpu", 10, 5)
				s.Metric.Target.Kind = "Utilization"
				return s
			}()},
			want: `Failed cpu: 3 -> 3: failure 1: target kind "Utilization" is not AverageValue or Value
Hold: 3 -> 3: too little is known to leave 3`,
		},
		{
			name:    "a target of nothing is a failure",
			current: 3,
			samples: samples{queue("orders", 10, 0)},
			want: `Failed orders: 3 -> 3: failure 1: target 0 is not a finite number of at least 0.001
Hold: 3 -> 3: too little is known to leave 3`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			require.NoError(t, p.Validate())
			d := p.Decide(autoscale.Input{
				Now: noon, Current: test.current, Ready: test.ready, Samples: test.samples, State: test.state,
			})
			assert.Equal(t, test.want, d.String())
			assert.Equal(t, test.active, d.Active)
			checkChain(t, test.current, d)
		})
	}
}

func recommended(s autoscale.State, replicas int, ago time.Duration) autoscale.State {
	s.Recommendations = append(s.Recommendations, autoscale.Recommendation{Replicas: replicas, Time: noon.Add(-ago)})
	return s
}

func checkChain(t *testing.T, current int, d autoscale.Decision) {
	t.Helper()
	require.NotEmpty(t, d.Steps)
	n := current
	for _, s := range d.Steps {
		require.Equal(t, n, s.From, "%v", d)
		n = s.To
	}
	require.Equal(t, d.Replicas, n, "%v", d)
	require.Len(t, strings.Split(d.String(), "\n"), len(d.Steps))
}

func TestStepsCanBeComparedAndAskedFor(t *testing.T) {
	d := autoscale.Default().Decide(autoscale.Input{
		Now: noon, Current: 10, Samples: []autoscale.Sample{queue("orders", 500, 5)},
	})
	assert.Equal(t, []autoscale.Step{
		{
			Rule: autoscale.RuleMetric, Trigger: "orders", From: 10, To: 100,
			Value: 500, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Ready: 10, Replicas: 100,
		},
		{
			Rule: autoscale.RuleScaleUpLimit, From: 100, To: 20, Replicas: 20,
			Limit: autoscale.Limit{Kind: autoscale.Percent, Value: 100, Period: 15 * time.Second},
		},
	}, d.Steps)
	assert.True(t, d.Applied(autoscale.RuleScaleUpLimit))
	assert.False(t, d.Applied(autoscale.RuleHold))
}
