package scaledobject

import (
	"cmp"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// roundOf returns a round as a Loop makes it.
func roundOf(policy autoscale.Policy, current int, state autoscale.State, samples ...autoscale.Sample) control.Round {
	d := policy.Decide(autoscale.Input{Now: noon, Current: current, Samples: samples, State: state})
	return control.Round{Time: noon, Samples: samples, Decided: true, Current: current, Decision: d}
}

func reads(trigger string, value float64) autoscale.Sample {
	return autoscale.Sample{
		Trigger: trigger,
		Metric:  fakeScaler{}.Metric(),
		Reading: scalerkit.Reading{Value: value, Time: noon},
	}
}

func fails(trigger string, err error) autoscale.Sample {
	return autoscale.Sample{Trigger: trigger, Metric: fakeScaler{}.Metric(), Err: err}
}

func TestOutcome(t *testing.T) {
	down := errors.New("connection\nrefused")
	policy := autoscale.Policy{Max: 10, Cooldown: time.Minute, Delegate: true}
	withFallback := policy
	withFallback.Fallback = &autoscale.Fallback{Failures: 2, Replicas: 3}
	withFormula := policy
	withFormula.Combine = &autoscale.Combine{
		Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1},
		Func:   func(map[string]float64) (float64, error) { return 0, errors.New("no reading of b") },
	}
	forced := policy
	forced.Pause.ForceActive = true

	tests := []struct {
		name                    string
		round                   control.Round
		fallback                *autoscale.Fallback
		ready, active, standsIn string
	}{
		{
			name:   "active",
			round:  roundOf(policy, 1, autoscale.State{}, reads("a", 0), reads("b", 3)),
			ready:  "True ScaledObjectReady The object is valid and its triggers can be read",
			active: "True ScalerActive A trigger calls for at least one replica",
		},
		{
			name:   "at rest",
			round:  roundOf(policy, 0, autoscale.State{}, reads("a", 0)),
			ready:  "True ScaledObjectReady The object is valid and its triggers can be read",
			active: "False ScalerNotActive No trigger is active",
		},
		{
			name:   "cooldown",
			round:  roundOf(policy, 2, autoscale.State{LastActive: noon.Add(-time.Second)}, reads("a", 0)),
			ready:  "True ScaledObjectReady The object is valid and its triggers can be read",
			active: "False ScalerCooldown No trigger is active, but not for long enough",
		},
		{
			name:   "all fail",
			round:  roundOf(policy, 2, autoscale.State{}, fails("a", down)),
			ready:  "False TriggerError trigger a: connection; refused",
			active: "Unknown UnknownState A trigger fails, and no other is active",
		},
		{
			name:   "some fail, some are active",
			round:  roundOf(policy, 2, autoscale.State{}, fails("a", down), reads("b", 3)),
			ready:  "Unknown PartialTriggerError trigger a: connection; refused",
			active: "True ScalerActive A trigger calls for at least one replica",
		},
		{
			name:   "some fail, none is active",
			round:  roundOf(policy, 2, autoscale.State{}, fails("a", down), reads("b", 0)),
			ready:  "False TriggerError trigger a: connection; refused",
			active: "Unknown UnknownState A trigger fails, and no other is active",
		},
		{
			name:   "forced while all fail",
			round:  roundOf(forced, 0, autoscale.State{}, fails("a", down)),
			ready:  "False TriggerError trigger a: connection; refused",
			active: "True ScalerActive A trigger calls for at least one replica",
		},
		{
			name:   "a source that is left alone",
			round:  roundOf(policy, 2, autoscale.State{}, fails("a", &control.BackoffError{Until: noon, Err: down})),
			ready:  "False TriggerError trigger a: connection; refused",
			active: "Unknown UnknownState A trigger fails, and no other is active",
		},
		{
			name:     "fallback",
			round:    roundOf(withFallback, 1, autoscale.State{Failures: map[string]int{"a": 2}}, fails("a", down)),
			ready:    "False TriggerError trigger a: connection; refused",
			active:   "True ScalerActive A trigger calls for at least one replica",
			standsIn: "True FallbackExists A trigger fails for long, and the fallback stands in",
		},
		{
			name:   "a formula that fails",
			round:  roundOf(withFormula, 1, autoscale.State{}, reads("a", 3)),
			ready:  "False TriggerError no reading of b",
			active: "Unknown UnknownState A trigger fails, and no other is active",
		},
		{
			name:   "no replicas",
			round:  control.Round{Time: noon, Samples: []autoscale.Sample{reads("a", 1)}, Err: errors.New("get the replicas: Deployment shop/worker does not exist")},
			ready:  "False ErrorGettingCurrentReplicas get the replicas: Deployment shop/worker does not exist",
			active: "Unknown UnknownState The replicas of the target are not known",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := outcomeOf(test.round, test.fallback)
			require.Equal(t, test.ready, text(o.Ready))
			require.Equal(t, test.active, text(o.Active))
			require.Equal(t, cmp.Or(test.standsIn, "False NoFallbackFound No fallback stands in for a trigger"), text(o.Fallback))
		})
	}
}

func text(c v1alpha1.Condition) string {
	return string(c.Status) + " " + c.Reason + " " + c.Message
}

func TestRefusedReplicas(t *testing.T) {
	round := roundOf(autoscale.Policy{Max: 10}, 0, autoscale.State{}, reads("a", 3))
	round.Err = errors.New("set the replicas: forbidden")
	require.Equal(t, "False ErrorSettingReplicas set the replicas: forbidden", text(outcomeOf(round, nil).Ready))
}

func TestFailuresCountUpToTheFallback(t *testing.T) {
	policy := autoscale.Policy{Max: 10, Delegate: true}
	counted := func(failures int, fallback *autoscale.Fallback) []controller.TriggerOutcome {
		state := autoscale.State{Failures: map[string]int{"a": failures}}
		return outcomeOf(roundOf(policy, 1, state, fails("a", errors.New("out of order"))), fallback).Triggers
	}
	fallback := &autoscale.Fallback{Failures: 2, Replicas: 1}
	require.Equal(t, []controller.TriggerOutcome{{Name: "a", Err: "out of order"}}, counted(6, nil))
	require.Equal(t, []controller.TriggerOutcome{{Name: "a", Err: "out of order", Failures: 2}}, counted(1, fallback))
	require.Equal(t, []controller.TriggerOutcome{{Name: "a", Err: "out of order", Failures: 3}}, counted(2, fallback))
	require.Equal(t, counted(2, fallback), counted(6, fallback), "once it stands in")
}
