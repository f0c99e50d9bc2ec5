package autoscale_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

func TestDecideWithPause(t *testing.T) {
	tests := []struct {
		name    string
		pause   autoscale.Pause
		current int
		value   float64
		active  bool
		want    string // Decision.String
	}{
		{
			name:    "a paused workload stays as it is",
			pause:   autoscale.Pause{All: true},
			current: 10,
			value:   90,
			active:  true,
			want: `Metric orders: 10 -> 18: 90 / 5 per replica = 18
Paused: 18 -> 10: paused at 10`,
		},
		{
			name:    "a paused workload stays even above Max",
			pause:   autoscale.Pause{All: true},
			current: 200,
			value:   90,
			active:  true,
			want: `TooManyReplicas: 200 -> 100: at most 100
Paused: 100 -> 200: paused at 200`,
		},
		{
			name:    "a number to pause at beats pausing as it is",
			pause:   autoscale.Pause{All: true, Replicas: ptr(7)},
			current: 10,
			value:   90,
			active:  true,
			want: `Metric orders: 10 -> 18: 90 / 5 per replica = 18
Paused: 18 -> 7: paused at 7`,
		},
		{
			name:    "with scaling in paused the workload does not go to zero",
			pause:   autoscale.Pause{In: true},
			current: 10,
			value:   0,
			want: `Metric orders: 10 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 1h0m0s of 5m0s
PausedScaleIn: 0 -> 10: scaling in is paused`,
		},
		{
			name:    "with scaling in paused the workload still goes up",
			pause:   autoscale.Pause{In: true},
			current: 10,
			value:   90,
			active:  true,
			want:    `Metric orders: 10 -> 18: 90 / 5 per replica = 18`,
		},
		{
			name:    "with scaling out paused the workload does not wake",
			pause:   autoscale.Pause{Out: true},
			current: 0,
			value:   90,
			active:  true,
			want: `Metric orders: 0 -> 18: 90 / 5 per replica = 18
Activated orders: 18 -> 18: active, at least 1
PausedScaleOut: 18 -> 0: scaling out is paused`,
		},
		{
			name:    "a workload that is forced to be active wakes",
			pause:   autoscale.Pause{ForceActive: true},
			current: 0,
			value:   0,
			active:  true,
			want: `Metric orders: 0 -> 0: 0 / 5 per replica = 0, inactive
Activated: 0 -> 1: forced, at least 1`,
		},
		{
			name:    "a workload that is forced to be active does not go to zero",
			pause:   autoscale.Pause{ForceActive: true},
			current: 1,
			value:   0,
			active:  true,
			want: `Metric orders: 1 -> 0: 0 / 5 per replica = 0, inactive
TooFewReplicas: 0 -> 1: at least 1`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(func(p *autoscale.Policy) { p.Pause = test.pause; p.Down.Window = ptr(time.Duration(0)) })
			require.NoError(t, p.Validate())
			d := p.Decide(autoscale.Input{
				Now: noon, Current: test.current, State: seen(time.Hour),
				Samples: []autoscale.Sample{queue("orders", test.value, 5)},
			})
			assert.Equal(t, test.want, d.String())
			assert.Equal(t, test.active, d.Active)
			checkChain(t, test.current, d)
		})
	}
}

func TestWhatPausingKeepsFromHappeningCountsForNoLimit(t *testing.T) {
	p := policy(func(p *autoscale.Policy) { p.Pause.Out = true })
	d := p.Decide(autoscale.Input{
		Now: noon, Current: 10, State: seen(time.Minute), Samples: []autoscale.Sample{queue("orders", 90, 5)},
	})
	assert.Empty(t, d.State.ScaleUps)
}
