package simulate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// reads is a reading of a queue with a target of 5, and an error if it is negative.
func reads(trigger string, messages float64) autoscale.Sample {
	s := autoscale.Sample{
		Trigger: trigger, Metric: scalerkit.Metric{Name: trigger, Target: perReplica(5)}, Reading: scalerkit.Reading{Value: messages},
	}
	if messages < 0 {
		s.Reading, s.Err = scalerkit.Reading{}, errors.New("connection refused")
	}
	return s
}

// What the scale loop of KEDA decides.
func TestKEDAsLoop(t *testing.T) {
	zero, one, seven := 0, 1, 7
	idle := func(p *autoscale.Policy) { p.Min, p.Idle = 3, &zero }
	fallback := func(behavior autoscale.FallbackBehavior, failures int) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) {
			p.Fallback = &autoscale.Fallback{Failures: failures, Replicas: 4, Behavior: behavior}
		}
	}
	formula := func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{
			Target: perReplica(10), Activation: 5,
			Func: func(v map[string]float64) (float64, error) { return v["orders"], nil },
		}
	}
	longAgo, recently := autoscale.State{Since: noon.Add(-time.Hour), LastActive: noon.Add(-301 * time.Second)},
		autoscale.State{Since: noon.Add(-time.Hour), LastActive: noon.Add(-300 * time.Second)}
	for _, tt := range []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		state   autoscale.State
		samples []autoscale.Sample
		want    string
	}{
		{name: "from zero to one", samples: []autoscale.Sample{reads("orders", 500)}, want: "Activated orders: 0 -> 1: active, at least 1"},
		{name: "from zero to min", policy: idle, samples: []autoscale.Sample{reads("orders", 500)}, want: "Activated orders: 0 -> 3: active, at least 3"},
		{name: "stays at zero", samples: []autoscale.Sample{reads("orders", 0)}, want: "Inactive: 0 -> 0: no trigger is active"},
		{name: "runs", current: 2, samples: []autoscale.Sample{reads("orders", 500)}, want: "Delegated: 2 -> 2: left to the HPA at 2"},
		{name: "cools down", current: 2, state: recently, samples: []autoscale.Sample{reads("orders", 0)}, want: "Cooldown: 2 -> 2: inactive for 5m0s of 5m0s"},
		{name: "has cooled down", current: 2, state: longAgo, samples: []autoscale.Sample{reads("orders", 0)}, want: "Deactivated: 2 -> 0: inactive for 5m1s of 5m0s"},
		{
			name: "never active", policy: func(p *autoscale.Policy) { p.InitialCooldown = 2 * time.Hour }, current: 2, state: autoscale.State{Since: noon.Add(-time.Hour)},
			samples: []autoscale.Sample{reads("orders", 0)}, want: "Cooldown: 2 -> 2: inactive for 1h0m0s of 2h0m0s",
		},
		{name: "to idle", policy: idle, current: 3, state: longAgo, samples: []autoscale.Sample{reads("orders", 0)}, want: "Deactivated: 3 -> 0: inactive for 5m1s of 5m0s"},
		{name: "below min", policy: func(p *autoscale.Policy) { p.Min = 2 }, current: 1, samples: []autoscale.Sample{reads("orders", 0)}, want: "TooFewReplicas: 1 -> 2: at least 2"},
		{name: "at min", policy: func(p *autoscale.Policy) { p.Min = 2 }, current: 2, samples: []autoscale.Sample{reads("orders", 0)}, want: "Delegated: 2 -> 2: left to the HPA at 2"},
		{
			name: "fails", current: 2, state: longAgo, samples: []autoscale.Sample{reads("orders", -1)},
			want: "Failed orders: 2 -> 2: failure 1: connection refused\nHold: 2 -> 2: too little is known to leave 2",
		},
		{
			name: "one fails and another is active", samples: []autoscale.Sample{reads("orders", -1), reads("mails", 3)},
			want: "Failed orders: 0 -> 0: failure 1: connection refused\nActivated mails: 0 -> 1: active, at least 1",
		},
		{
			name: "fails for long", policy: fallback("", 0), samples: []autoscale.Sample{reads("orders", -1)},
			want: "Fallback orders: 0 -> 0: calls for 4: failure 1: connection refused\nActivated orders: 0 -> 1: active, at least 1",
		},
		{
			name: "not for long enough", policy: fallback("", 1), samples: []autoscale.Sample{reads("orders", -1)},
			want: "Failed orders: 0 -> 0: failure 1: connection refused\nHold: 0 -> 0: too little is known to leave 0",
		},
		{
			name: "a fallback that is no more", policy: fallback(autoscale.CurrentReplicasIfHigher, 0), current: 6, samples: []autoscale.Sample{reads("orders", -1)},
			want: "Fallback orders: 6 -> 6: calls for 6: failure 1: connection refused\nDelegated: 6 -> 6: left to the HPA at 6",
		},
		{name: "a formula", policy: formula, samples: []autoscale.Sample{reads("orders", 6)}, want: "Activated formula: 0 -> 1: active, at least 1"},
		{name: "a formula that is not active", policy: formula, samples: []autoscale.Sample{reads("orders", 5)}, want: "Inactive: 0 -> 0: no trigger is active"},
		{
			name: "a formula with a trigger that fails", policy: formula, samples: []autoscale.Sample{reads("orders", 50), reads("mails", -1)},
			want: "Failed mails: 0 -> 0: failure 1: connection refused\nHold: 0 -> 0: too little is known to leave 0",
		},
		{name: "paused", policy: func(p *autoscale.Policy) { p.Pause.All = true }, samples: []autoscale.Sample{reads("orders", 50)}, want: "Paused: 0 -> 0: paused at 0"},
		{name: "paused at", policy: func(p *autoscale.Policy) { p.Pause.Replicas = &seven }, samples: []autoscale.Sample{reads("orders", 50)}, want: "Paused: 0 -> 7: paused at 7"},
		{name: "paused out", policy: func(p *autoscale.Policy) { p.Pause.Out = true }, samples: []autoscale.Sample{reads("orders", 50)}, want: "PausedScaleOut: 0 -> 0: scaling out is paused"},
		{
			name: "paused in", policy: func(p *autoscale.Policy) { p.Pause.In = true }, current: 2, state: longAgo, samples: []autoscale.Sample{reads("orders", 0)},
			want: "Deactivated: 2 -> 0: inactive for 5m1s of 5m0s\nPausedScaleIn: 0 -> 2: scaling in is paused",
		},
		{name: "forced", policy: func(p *autoscale.Policy) { p.Pause.ForceActive = true }, samples: []autoscale.Sample{reads("orders", 0)}, want: "Activated: 0 -> 1: forced, at least 1"},
		{
			name: "idle that is not zero", policy: func(p *autoscale.Policy) { p.Min, p.Idle = 3, &one }, current: 1,
			samples: []autoscale.Sample{reads("orders", 0)}, want: "Inactive: 1 -> 1: no trigger is active",
		},
	} {
		p := autoscale.Default()
		if tt.policy != nil {
			tt.policy(&p)
		}
		d := simulate.KEDA{Policy: p}.Decide(autoscale.Input{Now: noon, Current: tt.current, Samples: tt.samples, State: tt.state})
		require.Equal(t, tt.want, d.String(), tt.name)
	}
}

// What a workload comes to in the end, with the HPA of either.
func TestWhatTheHPAIsTold(t *testing.T) {
	const outage = 10 * time.Minute
	combine := func(p *autoscale.Policy) {
		p.Combine = &autoscale.Combine{Target: perReplica(10), Func: func(v map[string]float64) (float64, error) {
			orders, ok := v["orders"]
			if !ok {
				return v["mails"], nil
			}
			return 2 * orders, nil
		}}
	}
	for _, tt := range []struct {
		name       string
		policy     func(*autoscale.Policy)
		limit      int
		keda, ours int // replicas in the end
	}{
		{"the more of both", func(*autoscale.Policy) {}, 0, 20, 20},
		{"a fallback", func(p *autoscale.Policy) { p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 25} }, 0, 25, 25},
		{"a fallback with less", func(p *autoscale.Policy) {
			p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 25, Behavior: autoscale.CurrentReplicasIfLower}
		}, 0, 20, 20},
		{"a formula", combine, 0, 20, 20}, // of what was known
		{"a formula with a fallback", func(p *autoscale.Policy) {
			combine(p)
			p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 30}
		}, 0, 30, 30},
		{"a formula without the trigger", func(p *autoscale.Policy) {
			combine(p)
			p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 30, Behavior: autoscale.ScalingModifiers}
		}, 0, 3, 3},
		{"no more than find work", func(*autoscale.Policy) {}, 12, 12, 12},
	} {
		p := policyOf(0, 50)
		tt.policy(&p)
		s := simulate.Scenario{
			Length: 30 * time.Minute, Interval: 5 * time.Second, Workers: simulate.Workers{Rate: 1e-6},
			Sources: []simulate.Source{
				{Name: "orders", Load: simulate.Burst(0, 100, 0), Target: perReplica(5), InFlight: true, Limit: tt.limit, Outages: []simulate.Window{{From: outage, To: time.Hour}}},
				{Name: "mails", Load: simulate.Burst(0, 30, 0), Target: perReplica(5), InFlight: true},
			},
		}
		end := func(d autoscale.Decider) int {
			r := run(t, d, s)
			return r.Series[len(r.Series)-1].Replicas
		}
		require.Equal(t, tt.keda, end(simulate.KEDA{Policy: p}), "%s: KEDA", tt.name)
		require.Equal(t, tt.ours, end(delegated(p)), "%s: ours with an HPA", tt.name)
	}
}
