package autoscale_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// partitions is a trigger on a source that has work for so many replicas.
func partitions(limit int, s autoscale.Sample) autoscale.Sample {
	s.Reading.Limit = limit
	return s
}

// evenly is a trigger whose replicas are to divide its limit.
func evenly(limit int, s autoscale.Sample) autoscale.Sample {
	s.Reading.Even = true
	return partitions(limit, s)
}

// stating is a trigger whose source states its target.
func stating(target float64, s autoscale.Sample) autoscale.Sample {
	s.Reading.Target = target
	return s
}

func noting(note string, s autoscale.Sample) autoscale.Sample {
	s.Reading.Note = note
	return s
}

func TestDecideByWhatTheSourceSays(t *testing.T) {
	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		ready   *int
		sample  autoscale.Sample
		want    string // Decision.String
	}{
		{
			name:    "no more replicas than find work",
			current: 24,
			sample:  partitions(24, queue("lag", 1_000_000, 10)),
			want:    `Metric lag: 24 -> 24: 1000000 / 10 per replica = 100000, of which 24 find work`,
		},
		{
			name:    "up to the limit there is no tolerance",
			current: 22,
			sample:  partitions(24, queue("lag", 1_000_000, 10)),
			want:    `Metric lag: 22 -> 24: 1000000 / 10 per replica = 100000, of which 24 find work`,
		},
		{
			name:    "nor where just the limit is called for",
			current: 22,
			sample:  partitions(24, queue("lag", 231, 10)),
			want:    `Metric lag: 22 -> 24: 231 / 10 per replica = 24`,
		},
		{
			name:    "below the limit there is",
			current: 22,
			sample:  partitions(24, queue("lag", 230, 10)),
			want:    `Tolerance lag: 22 -> 22: 230 / 10 per replica is within the tolerance of 22`,
		},
		{
			name:    "replicas beyond the limit go, tolerance or not",
			policy:  func(p *autoscale.Policy) { p.Down.Window = ptr(time.Duration(0)) },
			current: 25,
			sample:  partitions(24, queue("lag", 230, 10)),
			want:    `Tolerance lag: 25 -> 24: 230 / 10 per replica is within the tolerance of 25, of which 24 find work`,
		},
		{
			name:   "from zero",
			sample: partitions(24, queue("lag", 1_000_000, 10)),
			want: `Metric lag: 0 -> 24: 1000000 / 10 per replica = 100000, of which 24 find work
Activated lag: 24 -> 24: active, at least 1`,
		},
		{
			name:    "a total target",
			current: 22,
			sample:  partitions(24, total("lag", 22, 20)),
			want:    `Metric lag: 22 -> 24: 22 / 20 × 22 ready = 25, of which 24 find work`,
		},
		{
			name:    "a total target does not go up on a low reading, limit or not",
			current: 23,
			ready:   ptr(26),
			sample:  partitions(24, total("lag", 19, 20)),
			want:    `Tolerance lag: 23 -> 23: 19 / 20 is within the tolerance of 23`,
		},
		{
			name:    "a number that divides the limit",
			current: 4,
			sample:  evenly(24, queue("lag", 45, 10)),
			want:    `Metric lag: 4 -> 6: 45 / 10 per replica = 5, rounded up to 6, which divides 24`,
		},
		{
			name:    "there without a tolerance",
			current: 11,
			sample:  evenly(24, queue("lag", 120, 10)),
			want:    `Metric lag: 11 -> 12: 120 / 10 per replica = 12`,
		},
		{
			name:    "at most the limit",
			current: 22,
			sample:  evenly(24, queue("lag", 1_000_000, 10)),
			want:    `Metric lag: 22 -> 24: 1000000 / 10 per replica = 100000, of which 24 find work`,
		},
		{
			name:    "a prime number of partitions",
			current: 8,
			sample:  evenly(7, queue("lag", 15, 10)),
			want: `Metric lag: 8 -> 7: 15 / 10 per replica = 2, rounded up to 7, which divides 7
ScaleDownStabilized: 7 -> 8: highest recommendation in 5m0s is 8`,
		},
		{
			name:    "a target that the source states",
			current: 10,
			sample:  stating(4, queue("rate", 60, 5)),
			want:    `Metric rate: 10 -> 15: 60 / 4 per replica = 15`,
		},
		{
			name: "a remark",
			policy: func(p *autoscale.Policy) {
				p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 100, Period: time.Second}}
			},
			current: 10,
			sample:  idle(noting("container orders\ndoes not exist: all events count", queue("hub", 120, 5))),
			want: `Metric hub: 10 -> 24: 120 / 5 per replica = 24, inactive; container orders does not exist: all events count
Cooldown: 24 -> 24: inactive for 0s of 5m0s`,
		},
		{
			name:    "a target of less than nothing is a failure",
			current: 3,
			sample:  stating(-4, queue("rate", 120, 5)),
			want: `Failed rate: 3 -> 3: failure 1: target -4 is not a finite number of at least 0.001
Hold: 3 -> 3: too little is known to leave 3`,
		},
		{
			name:    "a target that is no number is a failure",
			current: 3,
			sample:  stating(math.NaN(), queue("rate", 120, 5)),
			want: `Failed rate: 3 -> 3: failure 1: target NaN is not a finite number of at least 0.001
Hold: 3 -> 3: too little is known to leave 3`,
		},
		{
			name:    "a limit of less than nothing is a failure",
			current: 3,
			sample:  partitions(-1, queue("lag", 120, 5)),
			want: `Failed lag: 3 -> 3: failure 1: limit -1 is less than 0
Hold: 3 -> 3: too little is known to leave 3`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			d := p.Decide(autoscale.Input{Now: noon, Current: test.current, Ready: test.ready, Samples: []autoscale.Sample{test.sample}})
			assert.Equal(t, test.want, d.String())
			checkChain(t, test.current, d)
		})
	}
}

func TestDivisorsAreFoundFast(t *testing.T) {
	for limit, want := range map[int]int{math.MaxInt: math.MaxInt32, math.MaxInt32: math.MaxInt32, 1 << 30: 4} {
		d := policy(func(p *autoscale.Policy) { p.Max = math.MaxInt32 }).Decide(autoscale.Input{
			Now: noon, Samples: []autoscale.Sample{evenly(limit, queue("lag", 11, 5))},
		})
		assert.Equal(t, want, d.Replicas, "%v", d)
	}
}

func TestAFormulaGetsWhatFindsWork(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{Func: sum("lag", "orders"), Target: scalerkit.Target{Value: 10}}
	})
	lag := noting("all events count", partitions(24, stating(10, queue("lag", 1_000_000, 5))))
	d := p.Decide(autoscale.Input{Now: noon, Samples: []autoscale.Sample{lag, queue("orders", 60, 0)}})
	assert.Equal(t, `Input lag: 0 -> 0: 1000000, counted as 240, since no more than 24 replicas find work; all events count
Input orders: 0 -> 0: 60
Metric formula: 0 -> 30: 300 / 10 per replica = 30
Activated formula: 30 -> 30: active, at least 1`, d.String())

	lag.Reading.Target, lag.Metric.Target.Value = 0, 0
	d = p.Decide(autoscale.Input{Now: noon, Samples: []autoscale.Sample{lag, queue("orders", 60, 0)}})
	assert.Equal(t, `Failed lag: 0 -> 0: failure 1: target 0 is not a finite number of at least 0.001
Input orders: 0 -> 0: 60
Failed formula: 0 -> 0: failure 1: lag is missing
Hold: 0 -> 0: too little is known to leave 0`, d.String())
}

func TestALastKnownGoodReadingKeepsWhatTheSourceSaid(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{"": {Action: autoscale.LastKnownGood, MaxAge: time.Hour}}
	})
	lag := noting("all events count", evenly(24, stating(10, queue("lag", 45, 5))))
	in := autoscale.Input{Now: noon, Current: 5, Samples: []autoscale.Sample{lag}}
	in.State = p.Decide(in).State
	text, err := json.Marshal(in.State.LastGood)
	require.NoError(t, err)
	assert.Equal(t, `{"lag":{"value":45,"active":true,"target":10,"limit":24,"even":true,"note":"all events count","time":"2026-01-01T12:00:00Z"}}`, string(text))

	in.Now, in.Samples[0] = noon.Add(time.Minute), broken("lag")
	d := p.Decide(in)
	assert.Equal(t, `LastKnownGood lag: 5 -> 5: 45 from 1m0s ago, of at most 1h0m0s: failure 1: connection refused
Metric lag: 5 -> 6: 45 / 10 per replica = 5, rounded up to 6, which divides 24; all events count`, d.String())
	assert.Equal(t, []autoscale.TriggerOutcome{{
		Trigger: "lag", Rule: autoscale.RuleLastKnownGood, Known: true, Active: true, Value: 45, Time: noon,
		Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10}, Replicas: 6, Ready: 5,
		Limit: 24, Even: true, Note: "all events count", Err: "connection refused", Failures: 1,
	}}, d.Triggers)
}

// A state as it was kept before readings had a Limit, a Target and a Note.
func TestAStateOfBeforeIsUnderstood(t *testing.T) {
	var state autoscale.State
	require.NoError(t, json.Unmarshal([]byte(`{
  "since": "2026-01-01T11:00:00Z",
  "lastActive": "2026-01-01T11:58:00Z",
  "recommendations": [{"replicas": 18, "time": "2026-01-01T11:58:00Z"}],
  "scaleUps": [{"change": 8, "time": "2026-01-01T11:58:00Z"}],
  "failures": {"mails": 1},
  "lastGood": {"orders": {"value": 90, "active": true, "time": "2026-01-01T11:59:00Z"}}
}`), &state))
	p := policy(func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{"orders": {Action: autoscale.LastKnownGood, MaxAge: time.Hour}}
	})
	in := autoscale.Input{Now: noon, Current: 10, State: state, Samples: []autoscale.Sample{broken("orders"), broken("mails")}}
	assert.Equal(t, `LastKnownGood orders: 10 -> 10: 90 from 1m0s ago, of at most 1h0m0s: failure 1: connection refused
Metric orders: 10 -> 18: 90 / 5 per replica = 18
Failed mails: 18 -> 18: failure 2: connection refused`, p.Decide(in).String())

	in.Samples = []autoscale.Sample{queue("orders", 0, 5)}
	assert.Equal(t, `Metric orders: 10 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 2m0s of 5m0s
ScaleDownStabilized: 0 -> 10: highest recommendation in 5m0s is 18`, p.Decide(in).String())
}

func TestTriggersAreWhatEachCameTo(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.Fallback = &autoscale.Fallback{Replicas: 3}
		p.OnError = map[string]autoscale.OnError{
			"b": {Action: autoscale.Ignore},
			"c": {Action: autoscale.FailUp, Replicas: 7},
			"d": {Action: autoscale.Hold},
		}
	})
	read := partitions(24, queue("a", 230, 10))
	read.Reading.Time = noon.Add(-time.Second)
	in := autoscale.Input{
		Now: noon, Current: 22, Samples: []autoscale.Sample{read, broken("b"), broken("c"), broken("d")},
	}
	const refused = "connection refused"
	want := []autoscale.TriggerOutcome{
		{
			Trigger: "a", Rule: autoscale.RuleTolerance, Known: true, Active: true, Value: 230, Time: noon.Add(-time.Second),
			Target: read.Metric.Target, Replicas: 22, Ready: 22, Limit: 24,
		},
		{Trigger: "b", Rule: autoscale.RuleIgnored, Ready: 22, Err: refused, Failures: 1},
		{Trigger: "c", Rule: autoscale.RuleFailUp, Active: true, Replicas: 7, Ready: 22, Err: refused, Failures: 1},
		{Trigger: "d", Rule: autoscale.RuleFallback, Active: true, Replicas: 3, Ready: 22, Err: refused, Failures: 1},
	}
	assert.Equal(t, want, p.Decide(in).Triggers)

	p.Fallback = nil
	p.Combine = &autoscale.Combine{Func: sum("a"), Target: scalerkit.Target{Value: 5}}
	in.Samples = []autoscale.Sample{read, broken("d")}
	assert.Equal(t, []autoscale.TriggerOutcome{
		{
			Trigger: "a", Rule: autoscale.RuleInput, Known: true, Active: true, Value: 230, Time: noon.Add(-time.Second),
			Ready: 22, Limit: 24,
		},
		{Trigger: "d", Rule: autoscale.RuleFailed, Ready: 22, Err: refused, Failures: 1},
		{
			Trigger: autoscale.Formula, Rule: autoscale.RuleMetric, Known: true, Active: true, Value: 230, Time: noon,
			Target: scalerkit.Target{Value: 5}, Replicas: 46, Ready: 22,
		},
	}, p.Decide(in).Triggers)
}

// A rollout has more replicas ready than there are to be.
func TestASurgeDoesNotMultiply(t *testing.T) {
	in := autoscale.Input{Now: noon, Current: 4, Ready: ptr(6), Samples: []autoscale.Sample{total("rate", 60, 40)}}
	p := policy(nil)
	assert.Equal(t, "Metric rate: 4 -> 6: 60 / 40 × 4 ready = 6", p.Decide(in).String())

	p.Delegate = true // the HPA multiplies
	assert.Equal(t, `Metric rate: 4 -> 9: 60 / 40 × 6 ready = 9
Delegated: 9 -> 4: left to the HPA at 4`, p.Decide(in).String())

	p.Delegate = false
	in.Samples[0] = total("rate", 32, 40) // what is low may be so for the surge
	assert.Equal(t, "Direction rate: 4 -> 4: 32 / 40 × 6 ready is against the direction of the reading, so 4", p.Decide(in).String())
}
