package autoscale_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

func TestDecideWithDelegate(t *testing.T) {
	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		sample  autoscale.Sample
		want    string // Decision.String
	}{
		{
			name:   "from zero the workload goes to what is called for",
			sample: queue("orders", 100, 5),
			want: `Metric orders: 0 -> 20: 100 / 5 per replica = 20
Activated orders: 20 -> 20: active, at least 1`,
		},
		{
			name:    "a running workload is left to the HPA",
			current: 3,
			sample:  queue("orders", 100, 5),
			want: `Metric orders: 3 -> 20: 100 / 5 per replica = 20
Delegated: 20 -> 3: left to the HPA at 3`,
		},
		{
			name:    "and so it is while its trigger fails",
			current: 3,
			sample:  broken("orders"),
			want: `Failed orders: 3 -> 3: failure 1: connection refused
Delegated: 3 -> 3: left to the HPA at 3`,
		},
		{
			name:    "and during the cooldown",
			policy:  func(p *autoscale.Policy) { p.Cooldown = 2 * time.Hour },
			current: 3,
			sample:  queue("orders", 0, 5),
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 1h0m0s of 2h0m0s
Delegated: 0 -> 3: left to the HPA at 3`,
		},
		{
			name:    "after the cooldown it goes to zero",
			current: 3,
			sample:  queue("orders", 0, 5),
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 1h0m0s of 5m0s`,
		},
		{
			name:   "with a lower bound it does not stay at zero, where the HPA would leave it",
			policy: func(p *autoscale.Policy) { p.Min = 2 },
			sample: queue("orders", 0, 5),
			want:   `TooFewReplicas: 0 -> 2: at least 2`,
		},
		{
			name:    "from Idle it goes to what is called for",
			policy:  func(p *autoscale.Policy) { p.Min, p.Idle = 4, ptr(1) },
			current: 1,
			sample:  queue("orders", 100, 5),
			want: `Metric orders: 1 -> 20: 100 / 5 per replica = 20
Activated orders: 20 -> 20: active, at least 4`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			p.Delegate = true
			d := p.Decide(autoscale.Input{Now: noon, Current: test.current, Samples: []autoscale.Sample{test.sample}, State: seen(time.Hour)})
			assert.Equal(t, test.want, d.String())
			require.Len(t, d.Triggers, 1)
			assert.Equal(t, test.sample.Trigger, d.Triggers[0].Trigger)
		})
	}
}

func TestWhatTheTriggersCameToOutlivesARestart(t *testing.T) {
	p := policy(nil)
	d := p.Decide(autoscale.Input{Now: noon, Current: 200, Samples: []autoscale.Sample{queue("orders", 100, 5)}})
	require.Len(t, d.Triggers, 1)
	assert.Equal(t, 20, d.Triggers[0].Replicas)
	assert.Equal(t, "TooManyReplicas: 200 -> 100: at most 100", d.String())
}

// A delegating policy and the HPA agree on when the workload starts and stops,
// so each of them leaves it where the other put it.
func TestDelegateOnlyActivatesDeactivatesAndBounds(t *testing.T) {
	forEachWorld(t, func(t *testing.T, w world) {
		p := w.policy()
		in := w.input(p)
		if in.Ready != nil {
			in.Ready = ptr(min(*in.Ready, in.Current)) // beyond that they differ
		}
		whole := p.Decide(in)
		p.Delegate = true
		d := p.Decide(in)
		switch {
		case d.Replicas == in.Current:
		case d.Applied(autoscale.RuleDeactivated), d.Applied(autoscale.RulePaused):
		case d.Applied(autoscale.RuleActivated), d.Applied(autoscale.RuleTooFewReplicas), d.Applied(autoscale.RuleTooManyReplicas):
			require.Equal(t, whole.Replicas, d.Replicas, "%+v\n%+v\n%s", p, in, d)
		default:
			t.Errorf("went from %d to %d:\n%s", in.Current, d.Replicas, d)
		}
		require.Equal(t, whole.Triggers, d.Triggers)
	})
}
