package autoscale_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

// failed is a state in which a trigger has failed a number of times.
func failed(s autoscale.State, trigger string, times int) autoscale.State {
	s.Failures = map[string]int{trigger: times}
	return s
}

func TestDecideWithFailingTriggers(t *testing.T) {
	type samples = []autoscale.Sample
	last := func(value float64, ago time.Duration) autoscale.State {
		s := failed(seen(time.Minute), "orders", 3)
		s.LastGood = map[string]autoscale.GoodReading{
			"orders": {Value: value, Active: value > 0, Time: noon.Add(-ago)},
		}
		return s
	}
	onError := func(o autoscale.OnError) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) { p.OnError = map[string]autoscale.OnError{"orders": o} }
	}
	fallback := func(f autoscale.Fallback) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) { p.Fallback = &f; p.Down.Window = ptr(time.Duration(0)) }
	}

	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		state   autoscale.State
		samples samples
		active  bool
		want    string // Decision.String
	}{
		{
			name:    "a failing trigger keeps the others from scaling down",
			current: 10,
			state:   seen(time.Minute),
			samples: samples{broken("orders"), queue("mails", 10, 5)},
			active:  true,
			want: `Failed orders: 10 -> 10: failure 1: connection refused
Metric mails: 10 -> 2: 10 / 5 per replica = 2
Hold: 2 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a failing trigger does not keep the others from scaling up",
			current: 10,
			samples: samples{broken("orders"), queue("mails", 90, 5)},
			active:  true,
			want: `Failed orders: 10 -> 10: failure 1: connection refused
Metric mails: 10 -> 18: 90 / 5 per replica = 18`,
		},
		{
			name:    "a failing trigger does not keep the others from waking the workload",
			samples: samples{broken("orders"), queue("mails", 90, 5)},
			active:  true,
			want: `Failed orders: 0 -> 0: failure 1: connection refused
Metric mails: 0 -> 18: 90 / 5 per replica = 18
Activated mails: 18 -> 18: active, at least 1`,
		},
		{
			name:    "a failing trigger keeps an inactive workload from going to zero",
			current: 1,
			state:   seen(time.Hour),
			samples: samples{broken("orders"), queue("mails", 0, 5)},
			want: `Failed orders: 1 -> 1: failure 1: connection refused
Metric mails: 1 -> 0: 0 / 5 per replica = 0, inactive
Hold: 0 -> 1: too little is known to leave 1`,
		},
		{
			name:    "a failing trigger does not wake a workload",
			samples: samples{broken("orders")},
			want: `Failed orders: 0 -> 0: failure 1: connection refused
Hold: 0 -> 0: too little is known to leave 0`,
		},
		{
			name:    "bounds hold whatever fails",
			policy:  func(p *autoscale.Policy) { p.Max = 8 },
			current: 10,
			samples: samples{broken("orders")},
			want:    `TooManyReplicas: 10 -> 8: at most 8`,
		},
		{
			name:    "an ignored trigger is as if it were not there",
			policy:  onError(autoscale.OnError{Action: autoscale.Ignore}),
			current: 10,
			state:   seen(time.Hour),
			samples: samples{broken("orders"), queue("mails", 0, 5)},
			want: `Ignored orders: 10 -> 10: ignored: failure 1: connection refused
Metric mails: 10 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 1h0m0s of 5m0s`,
		},
		{
			name:    "with all triggers ignored nothing is known",
			policy:  onError(autoscale.OnError{Action: autoscale.Ignore}),
			current: 10,
			state:   seen(time.Hour),
			samples: samples{broken("orders")},
			want: `Ignored orders: 10 -> 10: ignored: failure 1: connection refused
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "an action may be preceded by failures that hold",
			policy:  onError(autoscale.OnError{Action: autoscale.Ignore, Failures: 3}),
			current: 10,
			state:   failed(seen(time.Hour), "orders", 2),
			samples: samples{broken("orders"), queue("mails", 0, 5)},
			want: `Failed orders: 10 -> 10: failure 3: connection refused
Metric mails: 10 -> 0: 0 / 5 per replica = 0, inactive
Hold: 0 -> 10: too little is known to leave 10`,
		},
		{
			name: "an action without a name stands for all triggers",
			policy: func(p *autoscale.Policy) {
				p.OnError = map[string]autoscale.OnError{"": {Action: autoscale.Ignore}, "mails": {}}
			},
			current: 10,
			samples: samples{broken("orders"), broken("mails")},
			want: `Ignored orders: 10 -> 10: ignored: failure 1: connection refused
Failed mails: 10 -> 10: failure 1: connection refused
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "the last known good reading goes on while it is young enough",
			policy:  onError(autoscale.OnError{Action: autoscale.LastKnownGood, MaxAge: time.Minute}),
			current: 10,
			state:   last(90, time.Minute),
			samples: samples{broken("orders")},
			active:  true,
			want: `LastKnownGood orders: 10 -> 10: 90 from 1m0s ago, of at most 1m0s: failure 4: connection refused
Metric orders: 10 -> 18: 90 / 5 per replica = 18`,
		},
		{
			name:    "the last known good reading is dropped when it is too old",
			policy:  onError(autoscale.OnError{Action: autoscale.LastKnownGood, MaxAge: time.Minute}),
			current: 10,
			state:   last(90, time.Minute+1),
			samples: samples{broken("orders")},
			want: `Failed orders: 10 -> 10: failure 4: connection refused
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "a trigger that fails up goes to Max by the limits",
			policy:  onError(autoscale.OnError{Action: autoscale.FailUp}),
			current: 10,
			samples: samples{broken("orders"), queue("mails", 5, 5)},
			active:  true,
			want: `FailUp orders: 10 -> 100: calls for 100: failure 1: connection refused
Metric mails: 100 -> 100: 5 / 5 per replica = 1
ScaleUpLimit: 100 -> 20: 100% in 15s allows 20`,
		},
		{
			name:    "a trigger that fails up does not scale down",
			policy:  onError(autoscale.OnError{Action: autoscale.FailUp, Replicas: 3}),
			current: 10,
			samples: samples{broken("orders")},
			active:  true,
			want: `FailUp orders: 10 -> 3: calls for 3: failure 1: connection refused
Hold: 3 -> 10: too little is known to leave 10`,
		},
		{
			name:    "the fallback bears a number of failures",
			policy:  fallback(autoscale.Fallback{Failures: 3, Replicas: 6}),
			current: 10,
			state:   failed(seen(time.Minute), "orders", 2),
			samples: samples{broken("orders")},
			want: `Failed orders: 10 -> 10: failure 3: connection refused
Hold: 10 -> 10: too little is known to leave 10`,
		},
		{
			name:    "the fallback may scale down",
			policy:  fallback(autoscale.Fallback{Failures: 3, Replicas: 6}),
			current: 10,
			state:   failed(seen(time.Minute), "orders", 3),
			samples: samples{broken("orders"), queue("mails", 5, 5)},
			active:  true,
			want: `Fallback orders: 10 -> 6: calls for 6: failure 4: connection refused
Metric mails: 6 -> 6: 5 / 5 per replica = 1`,
		},
		{
			name:    "the fallback wakes a workload",
			policy:  fallback(autoscale.Fallback{Replicas: 6}),
			samples: samples{broken("orders")},
			active:  true,
			want: `Fallback orders: 0 -> 6: calls for 6: failure 1: connection refused
Activated orders: 6 -> 6: active, at least 1`,
		},
		{
			name:    "a fallback to nothing does not stop a workload",
			policy:  fallback(autoscale.Fallback{Replicas: 0}),
			current: 10,
			state:   seen(time.Hour),
			samples: samples{broken("orders")},
			want: `Fallback orders: 10 -> 0: calls for 0: failure 1: connection refused
TooFewReplicas: 0 -> 1: at least 1`,
		},
		{
			name:    "a fallback to nothing does not wake a workload",
			policy:  fallback(autoscale.Fallback{Replicas: 0}),
			samples: samples{broken("orders")},
			want: `Fallback orders: 0 -> 0: calls for 0: failure 1: connection refused
Hold: 0 -> 0: too little is known to leave 0`,
		},
		{
			name:    "the fallback can be the current replicas",
			policy:  fallback(autoscale.Fallback{Replicas: 6, Behavior: autoscale.CurrentReplicas}),
			current: 10,
			samples: samples{broken("orders")},
			active:  true,
			want:    `Fallback orders: 10 -> 10: calls for 10: failure 1: connection refused`,
		},
		{
			name:    "the fallback can be the current replicas if there are more",
			policy:  fallback(autoscale.Fallback{Replicas: 6, Behavior: autoscale.CurrentReplicasIfHigher}),
			current: 5,
			samples: samples{broken("orders")},
			active:  true,
			want:    `Fallback orders: 5 -> 6: calls for 6: failure 1: connection refused`,
		},
		{
			name:    "the fallback can be the current replicas if there are fewer",
			policy:  fallback(autoscale.Fallback{Replicas: 6, Behavior: autoscale.CurrentReplicasIfLower}),
			current: 5,
			samples: samples{broken("orders")},
			active:  true,
			want:    `Fallback orders: 5 -> 5: calls for 5: failure 1: connection refused`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			require.NoError(t, p.Validate())
			d := p.Decide(autoscale.Input{Now: noon, Current: test.current, Samples: test.samples, State: test.state})
			assert.Equal(t, test.want, d.String())
			assert.Equal(t, test.active, d.Active)
			checkChain(t, test.current, d)
		})
	}
}

func TestAnotherActiveTriggerRenewsTheCooldownOfAFailingOne(t *testing.T) {
	d := autoscale.Default().Decide(autoscale.Input{
		Now: noon, Current: 3, State: seen(time.Hour),
		Samples: []autoscale.Sample{broken("orders"), queue("mails", 10, 5)},
	})
	assert.Equal(t, noon, d.State.LastActive)
}

func TestFailuresAreCountedUntilTheTriggerIsReadOrGone(t *testing.T) {
	p := autoscale.Default()
	in := autoscale.Input{Now: noon, Current: 3, Samples: []autoscale.Sample{broken("a"), broken("b"), queue("c", 9, 5)}}
	in.State = p.Decide(in).State
	in.State = p.Decide(in).State
	assert.Equal(t, map[string]int{"a": 2, "b": 2}, in.State.Failures)

	in.Samples = []autoscale.Sample{queue("a", 9, 5), queue("c", 9, 5)}
	assert.Nil(t, p.Decide(in).State.Failures)
}

func TestTextsOfOthersTakeOneLine(t *testing.T) {
	s := broken("orders\nHold: 3 -> 0")
	s.Err = errors.New("refused\r\n\tby peer")
	d := autoscale.Default().Decide(autoscale.Input{Now: noon, Samples: []autoscale.Sample{s}})
	assert.Equal(t, `Failed orders Hold: 3 -> 0: 0 -> 0: failure 1: refused by peer
Hold: 0 -> 0: too little is known to leave 0`, d.String())
}
