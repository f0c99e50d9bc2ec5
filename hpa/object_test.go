package hpa_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
)

func ptr[T any](v T) *T { return &v }

var worker = autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "worker"}

// orders has one metric of each kind of target.
var orders = hpa.Metrics{
	List: []hpa.Metric{
		{Trigger: "orders", Name: hpa.MetricName(0, "redis-orders"), Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}},
		{Trigger: "rate", Name: hpa.MetricName(2, "rabbitmq-orders"), Target: scalerkit.Target{Kind: scalerkit.Total, Value: 0.25}},
	},
	Labels: map[string]string{"scaledobject.keda.sh/name": "worker"},
}

func TestObject(t *testing.T) {
	cpu, err := hpa.Resource(corev1.ResourceCPU, autoscalingv2.UtilizationMetricType, "60", "")
	require.NoError(t, err)
	policy := autoscale.Default()
	policy.Max = 20
	object := hpa.Object(metav1.ObjectMeta{Namespace: "shop", Name: "keda-hpa-worker"}, worker, policy, append([]autoscalingv2.MetricSpec{cpu}, orders.Specs()...)...)
	text, err := json.MarshalIndent(object.Spec, "", "  ")
	require.NoError(t, err)
	assert.Equal(t, `{
  "scaleTargetRef": {
    "kind": "Deployment",
    "name": "worker",
    "apiVersion": "apps/v1"
  },
  "minReplicas": 1,
  "maxReplicas": 20,
  "metrics": [
    {
      "type": "External",
      "external": {
        "metric": {
          "name": "s0-redis-orders",
          "selector": {
            "matchLabels": {
              "scaledobject.keda.sh/name": "worker"
            }
          }
        },
        "target": {
          "type": "AverageValue",
          "averageValue": "5"
        }
      }
    },
    {
      "type": "External",
      "external": {
        "metric": {
          "name": "s2-rabbitmq-orders",
          "selector": {
            "matchLabels": {
              "scaledobject.keda.sh/name": "worker"
            }
          }
        },
        "target": {
          "type": "Value",
          "value": "250m"
        }
      }
    },
    {
      "type": "Resource",
      "resource": {
        "name": "cpu",
        "target": {
          "type": "Utilization",
          "averageUtilization": 60
        }
      }
    }
  ],
  "behavior": {}
}`, string(text))
	assert.Equal(t, "autoscaling/v2", object.APIVersion)
}

func TestObjectBehavior(t *testing.T) {
	rules := &autoscalingv2.HPAScalingRules{
		StabilizationWindowSeconds: ptr(int32(90)),
		SelectPolicy:               ptr(autoscalingv2.MinChangePolicySelect),
		Policies: []autoscalingv2.HPAScalingPolicy{
			{Type: autoscalingv2.PercentScalingPolicy, Value: 50, PeriodSeconds: 30},
			{Type: autoscalingv2.PodsScalingPolicy, Value: 3, PeriodSeconds: 60},
		},
		Tolerance: ptr(*quantity("50m")),
	}
	disabled := &autoscalingv2.HPAScalingRules{SelectPolicy: ptr(autoscalingv2.DisabledPolicySelect)}
	tests := []struct {
		name     string
		policy   func(*autoscale.Policy)
		up, down *autoscalingv2.HPAScalingRules
	}{
		{name: "the default is the HPA's own", policy: func(*autoscale.Policy) {}},
		{
			name: "what is less than a second is one",
			policy: func(p *autoscale.Policy) {
				p.Up.Window = ptr(1500 * time.Millisecond)
				p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 1, Period: time.Millisecond}}
			},
			up: &autoscalingv2.HPAScalingRules{
				StabilizationWindowSeconds: ptr(int32(2)),
				Policies:                   []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 1, PeriodSeconds: 1}},
			},
		},
		{
			name:   "as an HPA has it",
			policy: func(p *autoscale.Policy) { p.Up = hpa.Behavior(rules) },
			up:     rules,
		},
		{
			name:   "scaling in is paused",
			policy: func(p *autoscale.Policy) { p.Pause.In = true },
			down:   disabled,
		},
		{
			name:   "scaling out is paused",
			policy: func(p *autoscale.Policy) { p.Pause.Out = true },
			up:     disabled,
		},
		{
			name:   "a tolerance that is not the default",
			policy: func(p *autoscale.Policy) { p.Tolerance = 0.05 },
			up:     &autoscalingv2.HPAScalingRules{Tolerance: ptr(*quantity("50m"))},
			down:   &autoscalingv2.HPAScalingRules{Tolerance: ptr(*quantity("50m"))},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy := autoscale.Default()
			test.policy(&policy)
			spec := hpa.Object(metav1.ObjectMeta{}, worker, policy).Spec
			assert.JSONEq(t, text(t, test.up), text(t, spec.Behavior.ScaleUp))
			assert.JSONEq(t, text(t, test.down), text(t, spec.Behavior.ScaleDown))
		})
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestObjectBounds(t *testing.T) {
	for _, test := range []struct{ min, max, wantMin, wantMax int }{
		{0, 100, 1, 100}, {3, 5, 3, 5}, {0, 0, 1, 1}, {1, math.MaxInt, 1, math.MaxInt32},
	} {
		spec := hpa.Object(metav1.ObjectMeta{}, worker, autoscale.Policy{Min: test.min, Max: test.max}).Spec
		assert.EqualValues(t, test.wantMin, *spec.MinReplicas)
		assert.EqualValues(t, test.wantMax, spec.MaxReplicas)
	}
}

func TestResource(t *testing.T) {
	tests := []struct {
		kind             autoscalingv2.MetricTargetType
		value, container string
		want             string // JSON, or the error
	}{
		{"Utilization", "60", "", `{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}}`},
		{"AverageValue", "512Mi", "", `{"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"512Mi"}}}`},
		{"Utilization", "60", "app", `{"type":"ContainerResource","containerResource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60},"container":"app"}}`},
		{"Utilization", "60%", "", `trigger: value: "60%" is not a whole number of percent, at least 1`},
		{"Utilization", "", "", `trigger: value: "" is not a whole number of percent, at least 1`},
		{"AverageValue", "much", "", `trigger: value: "much" is not a quantity greater than 0, such as "500m" or "512Mi"`},
		{"AverageValue", "-1", "", `trigger: value: "-1" is not a quantity greater than 0, such as "500m" or "512Mi"`},
		{"Value", "1", "", `trigger: metricType: "Value" is not one of Utilization, AverageValue`},
		{"", "1", "", `trigger: metricType: "" is not one of Utilization, AverageValue`},
	}
	for _, test := range tests {
		t.Run(string(test.kind)+" "+test.value, func(t *testing.T) {
			spec, err := hpa.Resource(corev1.ResourceMemory, test.kind, test.value, test.container)
			if err != nil {
				assert.EqualError(t, err, test.want)
				return
			}
			assert.Equal(t, test.want, text(t, spec))
		})
	}
}

// round decides with the given samples, as one round of a Loop does.
func round(policy autoscale.Policy, current int, ready *int, state autoscale.State, samples ...autoscale.Sample) control.Round {
	in := autoscale.Input{Now: noon, Current: current, Ready: ready, State: state, Samples: samples}
	return control.Round{Time: noon, Samples: samples, Decided: true, Current: current, Decision: policy.Decide(in)}
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestForLimits(t *testing.T) {
	policy := hpa.ForLimits(autoscale.Default())
	object := hpa.Object(metav1.ObjectMeta{}, worker, policy, orders.Specs()...)
	assert.Equal(t, "0", object.Spec.Behavior.ScaleUp.Tolerance.String())
	assert.Nil(t, object.Spec.Behavior.ScaleDown)

	own := 0.05
	policy.Up.Tolerance = &own
	assert.Equal(t, 0.05, *hpa.ForLimits(policy).Up.Tolerance)
}
