package autoscale_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

func idle(s autoscale.Sample) autoscale.Sample {
	s.Reading.Activity = scalerkit.Inactive
	return s
}

func onePodPerMinute() autoscale.Behavior {
	return autoscale.Behavior{
		Window: ptr(time.Duration(0)),
		Limits: []autoscale.Limit{{Kind: autoscale.Pods, Value: 1, Period: time.Minute}},
	}
}

func TestDecideFromZeroAndBack(t *testing.T) {
	type samples = []autoscale.Sample
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
			name:    "from zero the workload goes straight to what the reading calls for",
			samples: samples{queue("orders", 120, 5)},
			active:  true,
			want: `Metric orders: 0 -> 24: 120 / 5 per replica = 24
Activated orders: 24 -> 24: active, at least 1`,
		},
		{
			name:    "from zero no limit and no window holds, but Max does",
			policy:  func(p *autoscale.Policy) { p.Max = 50; p.Up.Window = ptr(time.Hour) },
			samples: samples{queue("orders", 12000, 5)},
			active:  true,
			want: `Metric orders: 0 -> 2400: 12000 / 5 per replica = 2400
Activated orders: 2400 -> 2400: active, at least 1
TooManyReplicas: 2400 -> 50: at most 50`,
		},
		{
			name: "an active trigger that calls for nothing gets one replica",
			samples: samples{func() autoscale.Sample {
				s := queue("orders", 0, 5)
				s.Reading.Activity = scalerkit.Active
				return s
			}()},
			active: true,
			want: `Metric orders: 0 -> 0: 0 / 5 per replica = 0
Activated orders: 0 -> 1: active, at least 1`,
		},
		{
			name:    "an inactive workload stays at zero, whatever its value would call for",
			samples: samples{idle(queue("orders", 50, 5))},
			want: `Metric orders: 0 -> 10: 50 / 5 per replica = 10, inactive
Inactive: 10 -> 0: no trigger is active`,
		},
		{
			name:    "an inactive workload keeps its replicas while it cools down",
			current: 4,
			state:   seen(2 * time.Minute),
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 4 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 2m0s of 5m0s
TooFewReplicas: 0 -> 1: at least 1`,
		},
		{
			name:    "when the cooldown is over the workload drops to zero from any number",
			current: 40,
			state:   seen(5 * time.Minute),
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 40 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 5m0s of 5m0s`,
		},
		{
			name:    "a workload that was never active does not wait for the cooldown",
			current: 3,
			state:   autoscale.State{Since: noon},
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 0s of 0s`,
		},
		{
			name:    "replicas that are found begin a cooldown, as nobody knows what they did before",
			current: 3,
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 0s of 5m0s
ScaleDownStabilized: 0 -> 3: highest recommendation in 5m0s is 3`,
		},
		{
			name:    "of the cooldowns for replicas that are found, the longer counts",
			policy:  func(p *autoscale.Policy) { p.InitialCooldown = time.Hour },
			current: 3,
			state:   autoscale.State{Since: noon.Add(-10 * time.Minute), Found: true},
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 10m0s of 1h0m0s
TooFewReplicas: 0 -> 1: at least 1`,
		},
		{
			name:    "a workload that was never active waits for the initial cooldown",
			policy:  func(p *autoscale.Policy) { p.InitialCooldown = 2 * time.Hour },
			current: 3,
			state:   autoscale.State{Since: noon.Add(-time.Hour)},
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 3 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 1h0m0s of 2h0m0s
TooFewReplicas: 0 -> 1: at least 1`,
		},
		{
			name:    "an inactive workload goes down gradually if the policy says so",
			policy:  func(p *autoscale.Policy) { p.Gradual = true; p.Down = onePodPerMinute() },
			current: 4,
			state:   seen(time.Hour),
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 4 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 1: inactive for 1h0m0s of 5m0s
ScaleDownLimit: 1 -> 3: 1 pod in 1m0s allows 3`,
		},
		{
			name:    "a gradual workload takes the last step at once",
			policy:  func(p *autoscale.Policy) { p.Gradual = true; p.Down = onePodPerMinute() },
			current: 1,
			state:   seen(time.Hour),
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 1 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 1h0m0s of 5m0s`,
		},
		{
			name:    "an inactive workload goes to Idle in place of Min",
			policy:  func(p *autoscale.Policy) { p.Min = 5; p.Idle = ptr(2) },
			current: 20,
			state:   seen(time.Hour),
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 20 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 2: inactive for 1h0m0s of 5m0s`,
		},
		{
			name:    "from Idle the workload goes straight to what the reading calls for",
			policy:  func(p *autoscale.Policy) { p.Min = 5; p.Idle = ptr(2) },
			current: 2,
			samples: samples{queue("orders", 150, 5)},
			active:  true,
			want: `Metric orders: 2 -> 30: 150 / 5 per replica = 30
Activated orders: 30 -> 30: active, at least 5`,
		},
		{
			name:    "below Idle an inactive workload stays",
			policy:  func(p *autoscale.Policy) { p.Min = 5; p.Idle = ptr(2) },
			current: 0,
			samples: samples{queue("orders", 0, 5)},
			want: `Metric orders: 0 -> 0: 0 / 5 per replica = 0, inactive
Inactive: 0 -> 0: no trigger is active`,
		},
		{
			name:    "an inactive workload without Idle has Min replicas",
			policy:  func(p *autoscale.Policy) { p.Min = 5 },
			current: 0,
			samples: samples{queue("orders", 0, 5)},
			want:    `TooFewReplicas: 0 -> 5: at least 5`,
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
