package hpa

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
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
	Trigger string           // control.Trigger.Name, or autoscale.Formula
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
// A reading that calls for more replicas than find work at its source is cut to
// the value that calls for these, and one whose replicas are to divide the
// source's Limit is rounded up. To arrive there, the HPA needs a tolerance of 0:
// see [ForLimits].
// A target that the source states is made up for, since the HPA has one of its
// own.
//
// While a trigger fails and is not to be ignored, a formula that can do without it calls
// for no fewer replicas than there are, as in direct mode.
//
// The HPA holds the value of a fallback against its tolerance, as every other;
// a trigger that fails and is to be ignored stays unknown to it.
func (m Metrics) Values(round control.Round) []Value {
	values := make([]Value, len(m.List))
	for i, metric := range m.List {
		v := metric.value(round)
		v.Metric, v.Labels, v.MaxAge = metric.Name, m.Labels, m.MaxAge
		values[i] = v
	}
	return values
}

// value is the value of one metric. Its name is added by Values.
func (m Metric) value(round control.Round) Value {
	if !round.Decided {
		return m.undecided(round)
	}
	for i := range round.Decision.Triggers {
		o := &round.Decision.Triggers[i]
		if o.Rule == autoscale.RuleFallback && m.Trigger == autoscale.Formula {
			return m.calling(o, o.Replicas, round.Time) // of any trigger, it takes the formula's place
		}
		if o.Trigger != m.Trigger {
			continue
		}
		switch {
		case o.Known:
			v := m.known(o)
			if m.Trigger == autoscale.Formula && holds(round.Decision.Triggers) && o.Replicas < round.Current {
				v = m.calling(o, round.Current, o.Time)
			}
			if m.Trigger == autoscale.Formula && o.Err == "" {
				v.Time = observed(round, m.Trigger)
			}
			return v
		case o.Rule == autoscale.RuleFallback:
			return m.calling(o, o.Replicas, round.Time)
		case o.Rule == autoscale.RuleFailUp:
			return m.calling(o, max(o.Replicas, round.Current), round.Time)
		}
		return Value{Time: observed(round, m.Trigger), Err: errors.New(o.Err)}
	}
	return Value{Time: observed(round, m.Trigger), Err: errors.New("no decision has been made")}
}

// holds says that a trigger of a formula fails and may call for any number: nothing is
// gone down for then, though the formula can do without it.
func holds(triggers []autoscale.TriggerOutcome) bool {
	return slices.ContainsFunc(triggers, func(o autoscale.TriggerOutcome) bool {
		return o.Trigger != autoscale.Formula && (o.Rule == autoscale.RuleFailed || o.Rule == autoscale.RuleFailUp)
	})
}

// undecided is the value while the workload does not tell its replicas.
func (m Metric) undecided(round control.Round) Value {
	v := Value{Time: observed(round, m.Trigger), Err: errors.New("no decision has been made")}
	for _, s := range round.Samples {
		if s.Trigger == m.Trigger {
			v.Value, v.Err = m.against(s.Reading.Value, s.Reading.Target), s.Err
			if s.Reading.Limit > 0 && m.Target.Kind != scalerkit.Total {
				v.Value = min(v.Value, float64(s.Reading.Limit)*m.Target.Value)
			}
		}
	}
	return v
}

// known is the value of a trigger that is known.
func (m Metric) known(o *autoscale.TriggerOutcome) Value {
	v := Value{Time: o.Time, Value: min(m.against(o.Value, o.Target.Value), m.most(o))}
	if o.Limit == 0 || o.Rule == autoscale.RuleInput || m.Target.Kind == scalerkit.Total && o.Ready == 0 {
		return v
	}
	if o.Even {
		return m.calling(o, o.Replicas, o.Time)
	}
	v.Value = min(v.Value, m.calling(o, o.Limit, o.Time).Value)
	return v
}

// against returns what a value is against the target that the HPA has, where
// the source states another.
func (m Metric) against(value, stated float64) float64 {
	if stated > 0 && stated != m.Target.Value {
		return value * m.Target.Value / stated
	}
	return value
}

// observed returns when a trigger had its level, and for the formula the
// earliest such time: no value is younger than what it is made of.
func observed(round control.Round, trigger string) time.Time {
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
func (m Metric) most(o *autoscale.TriggerOutcome) float64 {
	return m.Target.Value * math.MaxInt32 / float64(max(o.Ready, 1))
}

// calling returns the value with which the HPA comes to a number of replicas.
func (m Metric) calling(o *autoscale.TriggerOutcome, replicas int, at time.Time) Value {
	target := math.Round(m.Target.Value * 1000)
	milli := target * float64(replicas)
	if m.Target.Kind == scalerkit.Total {
		ready := float64(o.Ready)
		if ready == 0 {
			return Value{Time: at, Err: fmt.Errorf("no replica is ready, by which the HPA multiplies: %s", o.Err)}
		}
		milli = math.Floor(milli / ready)
		if math.Ceil(milli/target*ready) > float64(replicas) {
			milli-- // what floating point adds would be rounded up to one replica more
		}
	}
	return Value{Value: milli / 1000, Time: at}
}
