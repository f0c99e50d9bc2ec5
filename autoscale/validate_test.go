package autoscale_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit/autoscale"
)

func TestDefaultIsValid(t *testing.T) {
	assert.NoError(t, autoscale.Default().Validate())
	assert.Equal(t, autoscale.Policy{Max: 100, Cooldown: 5 * time.Minute, Tolerance: 0.1}, autoscale.Default())
}

func TestValidateTellsAllProblemsAtOnce(t *testing.T) {
	p := autoscale.Policy{
		Min: 5, Max: 3, Idle: ptr(7),
		Cooldown: -time.Second, InitialCooldown: -time.Minute,
		Tolerance: math.NaN(),
		Up: autoscale.Behavior{
			Window: ptr(2 * time.Hour), Select: "max", Tolerance: ptr(-0.5),
			Limits: []autoscale.Limit{{}, {Kind: autoscale.Pods, Value: 1, Period: time.Hour}},
		},
		Down:     autoscale.Behavior{Window: ptr(-time.Second)},
		Fallback: &autoscale.Fallback{Failures: -1, Replicas: -2, Behavior: "dynamic"},
		OnError: map[string]autoscale.OnError{
			"a": {Action: autoscale.LastKnownGood},
			"b": {Action: autoscale.FailUp, Replicas: -1},
			"c": {Action: "panic", Failures: -1},
		},
		Combine: &autoscale.Combine{Activation: math.Inf(1)},
		Pause:   autoscale.Pause{Replicas: ptr(-1)},
	}
	assert.EqualError(t, p.Validate(), `Min: 5 is greater than Max: 3
Idle: 7 is not less than Min: 5
Cooldown: -1s is negative
InitialCooldown: -1m0s is negative
Tolerance: NaN is not a finite number of at least 0
Up.Window: 2h0m0s is not between 0s and 1h0m0s
Up.Select: "max" is not one of Max, Min, Disabled
Up.Limits[0].Kind: "" is not one of Pods, Percent
Up.Limits[0].Value: 0 is less than 1
Up.Limits[0].Period: 0s is not greater than 0s and at most 30m0s
Up.Limits[1].Period: 1h0m0s is not greater than 0s and at most 30m0s
Up.Tolerance: -0.5 is not a finite number of at least 0
Down.Window: -1s is not between 0s and 1h0m0s
Fallback.Failures: -1 is less than 0
Fallback.Replicas: -2 is less than 0
Fallback.Behavior: "dynamic" is not one of static, currentReplicas, currentReplicasIfHigher, currentReplicasIfLower, scalingModifiers
OnError["a"].MaxAge: 0s is not greater than 0s
OnError["b"].Replicas: -1 is less than 0
OnError["c"].Failures: -1 is less than 0
OnError["c"].Action: "panic" is not one of hold, ignore, lastKnownGood, failUp
Combine.Func: is not set
Combine.Target: target 0 is not a finite number of at least 0.001
Combine.Activation: +Inf is not finite
Pause.Replicas: -1 is less than 0`)
}

func TestValidateEachBound(t *testing.T) {
	tests := []struct {
		change func(*autoscale.Policy)
		want   string
	}{
		{func(p *autoscale.Policy) { p.Max = 0 }, "Max: 0 is less than 1"},
		{func(p *autoscale.Policy) { p.Min = -1 }, "Min: -1 is less than 0"},
		{func(p *autoscale.Policy) { p.Max = math.MaxInt }, "Max: 9223372036854775807 is greater than 2147483647"},
		{func(p *autoscale.Policy) { p.Idle = ptr(-1) }, "Idle: -1 is less than 0"},
		{func(p *autoscale.Policy) { p.Min, p.Idle = 2, ptr(2) }, "Idle: 2 is not less than Min: 2"},
		{func(p *autoscale.Policy) { p.Idle = ptr(1) }, "Idle: 1 is not less than Min: 0"},
		{
			func(p *autoscale.Policy) { p.Fallback = &autoscale.Fallback{Behavior: autoscale.ScalingModifiers} },
			`Fallback.Behavior: "scalingModifiers" needs Combine`,
		},
	}
	for _, test := range tests {
		assert.EqualError(t, policy(test.change).Validate(), test.want)
	}
	for _, change := range []func(*autoscale.Policy){
		func(p *autoscale.Policy) { p.Idle = ptr(0) },
		func(p *autoscale.Policy) { p.Min, p.Idle = 2, ptr(1) },
		func(p *autoscale.Policy) { p.Min = 100 },
	} {
		assert.NoError(t, policy(change).Validate())
	}
}

func TestAnInvalidPolicyIsReadAsTheNearestValidOne(t *testing.T) {
	decide := func(p autoscale.Policy, current int, value float64) int {
		return p.Decide(autoscale.Input{Now: noon, Current: current, Samples: []autoscale.Sample{orders(value)}}).Replicas
	}
	assert.Equal(t, 1, decide(autoscale.Policy{}, 0, 100), "Max is 1 at least")
	assert.Equal(t, 3, decide(autoscale.Policy{Min: 5, Max: 3}, 0, 1), "Max wins over Min")
	assert.Equal(t, 2, decide(autoscale.Policy{Min: 2, Max: 3, Idle: ptr(9)}, 3, 0), "Idle is no more than Min")
	assert.Equal(t, 6, decide(autoscale.Policy{Max: 9, Tolerance: math.NaN()}, 5, 26), "no tolerance")
	assert.Equal(t, 5, decide(autoscale.Policy{Max: 9, Up: autoscale.Behavior{
		Limits: []autoscale.Limit{{Kind: autoscale.Pods, Value: -3, Period: -time.Hour}},
	}}, 5, 26), "a limit of nothing")
	assert.Equal(t, 7, decide(autoscale.Policy{Max: 9, Combine: &autoscale.Combine{}}, 7, 1), "a formula that fails")
}
