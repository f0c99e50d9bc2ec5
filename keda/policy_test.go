package keda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// parse returns a ScaledObject as a user writes it.
func parse(t *testing.T, text string) *v1alpha1.ScaledObject {
	t.Helper()
	so := &v1alpha1.ScaledObject{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), so))
	return so
}

func ptr[T any](v T) *T { return &v }

func TestPolicy(t *testing.T) {
	standard := autoscale.Policy{Max: 100, Cooldown: 5 * time.Minute, Tolerance: 0.1, Delegate: true}
	with := func(change func(p *autoscale.Policy)) autoscale.Policy {
		p := standard
		change(&p)
		return p
	}
	direct := func(change func(p *autoscale.Policy)) autoscale.Policy {
		return with(func(p *autoscale.Policy) {
			p.Delegate = false
			if change != nil {
				change(p)
			}
		})
	}
	atOnce := func(replicas int) []autoscale.Limit {
		return []autoscale.Limit{{Kind: autoscale.Pods, Value: replicas, Period: time.Second}}
	}
	tests := []struct {
		name, spec, annotations string
		direct                  bool
		want                    autoscale.Policy
	}{
		{name: "defaults", want: standard},
		{name: "direct goes up at once", direct: true, spec: "{maxReplicaCount: 7}", want: direct(func(p *autoscale.Policy) {
			p.Max, p.Up.Limits = 7, atOnce(7)
		})},
		{
			name: "direct with a window", direct: true,
			spec: "{advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {stabilizationWindowSeconds: 10, policies: []}}}}}",
			want: direct(func(p *autoscale.Policy) {
				p.Up = autoscale.Behavior{Window: ptr(10 * time.Second), Limits: atOnce(100)}
			}),
		},
		{
			name: "direct with limits", direct: true,
			spec: "{advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {policies: [{type: Percent, value: 100, periodSeconds: 15}]}}}}}",
			want: direct(func(p *autoscale.Policy) {
				p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Percent, Value: 100, Period: 15 * time.Second}}
			}),
		},
		{
			name: "direct by so many times the replicas", direct: true,
			spec: "{triggers: [{type: redis, metadata: {}}, {type: redis, metricType: Value, metadata: {}}]}",
			want: direct(nil),
		},
		{
			name: "direct, up disabled", direct: true,
			spec: "{advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {selectPolicy: Disabled}}}}}",
			want: direct(func(p *autoscale.Policy) { p.Up = autoscale.Behavior{Select: autoscale.Disabled, Limits: atOnce(100)} }),
		},
		{
			name: "bounds and times",
			spec: "{minReplicaCount: 2, maxReplicaCount: 7, idleReplicaCount: 0, cooldownPeriod: 60, initialCooldownPeriod: 90}",
			want: with(func(p *autoscale.Policy) {
				p.Min, p.Max, p.Idle = 2, 7, ptr(0)
				p.Cooldown, p.InitialCooldown = time.Minute, 90*time.Second
			}),
		},
		{name: "idle at zero without a minimum", spec: "{idleReplicaCount: 0}", want: with(func(p *autoscale.Policy) { p.Idle = ptr(0) })},
		{
			name: "fallback",
			spec: "{fallback: {failureThreshold: 3, replicas: 6, behavior: currentReplicasIfHigher}}",
			want: with(func(p *autoscale.Policy) {
				p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 6, Behavior: autoscale.CurrentReplicasIfHigher}
			}),
		},
		{
			name: "behavior",
			spec: `{advanced: {horizontalPodAutoscalerConfig: {behavior: {
				scaleDown: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 1, periodSeconds: 60}]},
				scaleUp: {selectPolicy: Min}}}}}`,
			want: with(func(p *autoscale.Policy) {
				p.Up.Select = autoscale.Min
				p.Down = autoscale.Behavior{
					Window: ptr(30 * time.Second),
					Limits: []autoscale.Limit{{Kind: autoscale.Pods, Value: 1, Period: time.Minute}},
				}
			}),
		},
		{
			name:        "annotations",
			annotations: `{autoscaling.keda.sh/paused-scale-in: "true", autoscaling.keda.sh/paused-scale-out: "", autoscaling.keda.sh/force-activation: "yes"}`,
			want:        with(func(p *autoscale.Policy) { p.Pause = autoscale.Pause{In: true, Out: true, ForceActive: true} }),
		},
		{
			name:        "paused",
			annotations: `{autoscaling.keda.sh/paused: "true"}`,
			want:        with(func(p *autoscale.Policy) { p.Pause = autoscale.Pause{All: true} }),
		},
		{
			name:        "paused at a number",
			annotations: `{autoscaling.keda.sh/paused-replicas: "3"}`,
			want:        with(func(p *autoscale.Policy) { p.Pause = autoscale.Pause{All: true, Replicas: ptr(3)} }),
		},
		{name: "annotations that say no", annotations: `{autoscaling.keda.sh/paused-scale-in: "false"}`, want: standard},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			so := parse(t, "metadata: {annotations: "+or(test.annotations, "{}")+"}\nspec: "+or(test.spec, "{}"))
			got, err := Policy(so, test.direct)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestPolicyFormula(t *testing.T) {
	so := parse(t, `
spec:
  triggers: [{type: redis, name: a, metadata: {}}, {type: redis, name: b, metadata: {}}, {type: cpu, name: c, metadata: {}}]
  advanced: {scalingModifiers: {formula: "a + 2 * b", target: "2.5", activationTarget: "4", metricType: Value}}`)
	policy, err := Policy(so, false)
	require.NoError(t, err)
	require.Equal(t, scalerkit.Target{Kind: scalerkit.Total, Value: 2.5}, policy.Combine.Target)
	require.InDelta(t, 4, policy.Combine.Activation, 0)
	value, err := policy.Combine.Func(map[string]float64{"a": 1, "b": 3})
	require.NoError(t, err)
	require.InDelta(t, 7, value, 0)
}

func TestADirectPolicyGoesUpAtOnceUnlessItsFormulaHasAValueTarget(t *testing.T) {
	for metricType, want := range map[string]int{"AverageValue": 100, "Value": 20} {
		so := parse(t, `
spec:
  triggers: [{type: redis, name: a, metricType: Value, metadata: {}}]
  advanced: {scalingModifiers: {formula: a, target: "2", metricType: `+metricType+`}}`)
		policy, err := Policy(so, true)
		require.NoError(t, err)
		d := policy.Decide(autoscale.Input{Now: time.Unix(1e9, 0), Current: 10, Samples: []autoscale.Sample{{
			Trigger: "a", Reading: scalerkit.Reading{Value: 1000},
		}}})
		require.Equal(t, want, d.Replicas, "%s: %v", metricType, d)
	}
}

func TestPolicyProblems(t *testing.T) {
	tests := []struct{ name, spec, want string }{
		{"minimum above maximum", "{minReplicaCount: 8, maxReplicaCount: 5}", "minReplicaCount: 8 is greater than maxReplicaCount, which is 5"},
		{"minimum above the default", "{minReplicaCount: 101}", "minReplicaCount: 101 is greater than maxReplicaCount, which is 100"},
		{"idle not below", "{minReplicaCount: 2, idleReplicaCount: 2}", "idleReplicaCount: 2 is not less than minReplicaCount, which is 2"},
		{
			"all of a formula",
			`{triggers: [{type: redis, name: a, metadata: {}}, {type: cpu, name: c, metadata: {}}],
			  advanced: {scalingModifiers: {formula: a + c, target: none, activationTarget: some, metricType: Utilization}}}`,
			`advanced.scalingModifiers: formula "a + c": column 5: unknown name "c"; the triggers are "a"
advanced.scalingModifiers: target: "none" is not a number greater than 0
advanced.scalingModifiers: activationTarget: "some" is not a number
advanced.scalingModifiers: metricType: "Utilization" is not one of AverageValue, Value`,
		},
		{"a formula without a target", "{triggers: [{type: redis, name: a, metadata: {}}], advanced: {scalingModifiers: {formula: a}}}", `advanced.scalingModifiers: target: "" is not a number greater than 0`},
		{"a fallback by a formula that is not there", "{fallback: {failureThreshold: 1, replicas: 1, behavior: scalingModifiers}}", "fallback.behavior: scalingModifiers needs advanced.scalingModifiers.formula"},
		{"what only the policy knows", "{fallback: {failureThreshold: 1, replicas: 1, behavior: dynamic}}", `Fallback.Behavior: "dynamic" is not one of static, currentReplicas, currentReplicasIfHigher, currentReplicasIfLower, scalingModifiers`},
		{
			"what an API server refuses",
			"{minReplicaCount: -1, maxReplicaCount: 0, idleReplicaCount: -2, cooldownPeriod: -3, initialCooldownPeriod: -4, fallback: {failureThreshold: -5, replicas: -6}}",
			`minReplicaCount: -1 is less than 0
maxReplicaCount: 0 is less than 1
idleReplicaCount: -2 is less than 0
cooldownPeriod: -3 is less than 0
initialCooldownPeriod: -4 is less than 0
fallback.failureThreshold: -5 is less than 0
fallback.replicas: -6 is less than 0`,
		},
		{"a pause at nothing", "{}\nmetadata: {annotations: {autoscaling.keda.sh/paused-replicas: few}}", `annotation autoscaling.keda.sh/paused-replicas: "few" is not a number of replicas`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Policy(parse(t, "spec: "+test.spec), false)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestMode(t *testing.T) {
	tests := []struct {
		annotation string
		flag, want bool
		err        string
	}{
		{},
		{flag: true, want: true},
		{annotation: "direct", want: true},
		{annotation: "hpa", flag: true},
		{annotation: "both", err: `annotation scalerkit.dev/mode: "both" is not one of hpa, direct`},
	}
	for _, test := range tests {
		so := &v1alpha1.ScaledObject{}
		if test.annotation != "" {
			so.Annotations = map[string]string{v1alpha1.AnnotationMode: test.annotation}
		}
		direct, err := Direct(so, test.flag)
		if test.err != "" {
			require.EqualError(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, direct, test)
	}
}

func TestPaused(t *testing.T) {
	tests := []struct {
		annotations, err string
		paused           bool
		at               *int32
	}{
		{annotations: "{}"},
		{annotations: `{autoscaling.keda.sh/paused: "true"}`, paused: true},
		{annotations: `{autoscaling.keda.sh/paused: "false"}`},
		{annotations: `{autoscaling.keda.sh/paused-replicas: "3", autoscaling.keda.sh/paused: "false"}`, paused: true, at: ptr(int32(3))},
		{annotations: `{autoscaling.keda.sh/paused-replicas: "-1"}`, paused: true, err: `annotation autoscaling.keda.sh/paused-replicas: "-1" is not a number of replicas`},
		{annotations: `{autoscaling.keda.sh/paused-replicas: "few"}`, paused: true, err: `annotation autoscaling.keda.sh/paused-replicas: "few" is not a number of replicas`},
	}
	for _, test := range tests {
		paused, at, err := Paused(parse(t, "metadata: {annotations: "+test.annotations+"}"))
		require.Equal(t, test.paused, paused, test.annotations)
		require.Equal(t, test.at, at, test.annotations)
		if test.err != "" {
			require.EqualError(t, err, test.err)
		} else {
			require.NoError(t, err)
		}
	}
}
