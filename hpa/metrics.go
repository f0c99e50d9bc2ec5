package hpa

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// Composite is what KEDA calls the external metric of a formula.
const Composite = "composite-metric"

// MetricName returns what KEDA calls the external metric of the trigger at an
// index of a ScaledObject, counted from 0: "s0-redis-orders".
func MetricName(index int, name string) string {
	return "s" + strconv.Itoa(index) + "-" + name
}

// A Metric is an external metric by which an HPA scales.
type Metric struct {
	Trigger string           // autoscale.Trigger.Name, or autoscale.Formula
	Name    string           // see MetricName and Composite
	Target  scalerkit.Target // that of the Scaler's Metric, or of the formula
}

// Metrics are the external metrics of one workload: Specs tells the HPA what
// to ask for, and Values what the answer is.
type Metrics struct {
	List []Metric

	// Labels tell this workload's metrics from others of the same name in its
	// namespace. KEDA's are scaledobject.keda.sh/name: <ScaledObject>.
	Labels map[string]string

	// MaxAge is how long a value may be answered with after it was published; 0
	// leaves that to the Provider.
	MaxAge time.Duration
}

// Specs returns the metrics as an HPA names them.
func (m Metrics) Specs() []autoscalingv2.MetricSpec {
	specs := make([]autoscalingv2.MetricSpec, len(m.List))
	for i, metric := range m.List {
		target := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType}
		value := quantity(metric.Target.Value)
		if metric.Target.Kind == scalerkit.Total {
			target.Type, target.Value = autoscalingv2.ValueMetricType, &value
		} else {
			target.AverageValue = &value
		}
		specs[i] = autoscalingv2.MetricSpec{
			Type: autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{
				Metric: autoscalingv2.MetricIdentifier{
					Name:     metric.Name,
					Selector: &metav1.LabelSelector{MatchLabels: m.Labels},
				},
				Target: target,
			},
		}
	}
	return specs
}

// quantity returns v in thousandths.
func quantity(v float64) resource.Quantity {
	return *resource.NewMilliQuantity(milli(v), resource.DecimalSI)
}

// Values returns what a round makes of the metrics, for [Provider.Publish]: the
// reading of a trigger, the value of a formula, or the value with which the HPA
// comes to the replicas of a fallback. What is not known is a Value with Err.
//
// The HPA holds the value of a fallback against its tolerance, as every other;
// a trigger that fails and is to be ignored stays unknown to it.
func (m Metrics) Values(round autoscale.Round) []Value {
	values := make([]Value, len(m.List))
	for i, metric := range m.List {
		v := metric.value(round)
		v.Metric, v.Labels, v.MaxAge = metric.Name, m.Labels, m.MaxAge
		values[i] = v
	}
	return values
}

// value is the value of one metric. Its name is added by Values.
func (m Metric) value(round autoscale.Round) Value {
	v := Value{Time: observed(round, m.Trigger), Err: errors.New("no decision has been made")}
	if !round.Decided {
		for _, s := range round.Samples {
			if s.Trigger == m.Trigger {
				v.Value, v.Err = s.Reading.Value, s.Err
			}
		}
		return v
	}
	for _, s := range round.Decision.Calls {
		if s.Rule == autoscale.RuleFallback && m.Trigger == autoscale.Formula {
			return m.calling(s, s.Replicas, round.Time) // of any trigger, it takes the formula's place
		}
		if s.Trigger != m.Trigger {
			continue
		}
		switch s.Rule {
		case autoscale.RuleMetric, autoscale.RuleTolerance, autoscale.RuleDirection:
			v.Value, v.Err = min(s.Value, m.most(s)), nil
		case autoscale.RuleLastKnownGood:
			v.Time = round.Time.Add(-s.Elapsed)
		case autoscale.RuleFallback:
			return m.calling(s, s.Replicas, round.Time)
		case autoscale.RuleFailUp:
			return m.calling(s, max(s.Replicas, round.Current), round.Time)
		default:
			v.Err = errors.New(s.Error)
		}
	}
	return v
}

// observed returns when a trigger had its level, and for the formula the
// earliest such time: no value is younger than what it is made of.
func observed(round autoscale.Round, trigger string) time.Time {
	oldest := round.Time
	for _, s := range round.Samples {
		if s.Err == nil && (s.Trigger == trigger || trigger == autoscale.Formula) &&
			!s.Reading.Time.IsZero() && s.Reading.Time.Before(oldest) {
			oldest = s.Reading.Time
		}
	}
	return oldest
}

// most is the largest value that the HPA can reckon with: it converts the
// replicas that a value calls for to 32 bits, whatever becomes of them.
func (m Metric) most(s autoscale.Step) float64 {
	return m.Target.Value * math.MaxInt32 / float64(max(s.Ready, 1))
}

// calling returns the value with which the HPA comes to a number of replicas.
func (m Metric) calling(s autoscale.Step, replicas int, now time.Time) Value {
	target := math.Round(m.Target.Value * 1000)
	milli := target * float64(replicas)
	if m.Target.Kind == scalerkit.Total {
		ready := float64(s.Ready)
		if ready == 0 {
			return Value{Time: now, Err: fmt.Errorf("no replica is ready, by which the HPA multiplies: %s", s.Error)}
		}
		milli = math.Floor(milli / ready)
		if math.Ceil(milli/target*ready) > float64(replicas) {
			milli-- // what floating point adds would be rounded up to one replica more
		}
	}
	return Value{Value: milli / 1000, Time: now}
}
