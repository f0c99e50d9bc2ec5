package differential_test

import (
	"errors"
	"fmt"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/hpa"
)

const namespace = "prod"

// A metric is what one trigger reads.
type metric struct {
	Kind          scalerkit.TargetKind
	Target, Value float64
	Fails         bool
}

func metricName(i int) string { return hpa.MetricName(i, "queue") }

// samples are the metrics as autoscale is given them. All of them are active:
// what becomes of an inactive workload is none of the HPA's business.
func samples(metrics []metric) []autoscale.Sample {
	samples := make([]autoscale.Sample, len(metrics))
	for i, m := range metrics {
		samples[i] = autoscale.Sample{
			Trigger: metricName(i),
			Metric:  scalerkit.Metric{Name: metricName(i), Target: scalerkit.Target{Kind: m.Kind, Value: m.Target}},
			Reading: scalerkit.Reading{Value: m.Value, Activity: scalerkit.Active},
		}
		if m.Fails {
			samples[i].Err = errDown
		}
	}
	return samples
}

// specs are the metrics as an HPA names them.
func specs(metrics []metric) []autoscalingv2.MetricSpec {
	var all hpa.Metrics
	for i, m := range metrics {
		all.List = append(all.List, hpa.Metric{Name: metricName(i), Target: scalerkit.Target{Kind: m.Kind, Value: m.Target}})
	}
	return all.Specs()
}

// thousandths is a value as the metrics API carries it.
func thousandths(v float64) int64 {
	m := math.Round(v * 1000)
	if m >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(m)
}

var errDown = errors.New("connection refused")

// A source serves the metrics to the HPA.
type source struct {
	metricsclient.MetricsClient // of the other metrics APIs there is none
	metrics                     []metric
}

func (s *source) GetExternalMetric(name, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	for i, m := range s.metrics {
		if name != metricName(i) {
			continue
		}
		if m.Fails {
			return nil, time.Time{}, errDown
		}
		return []int64{thousandths(m.Value)}, time.Time{}, nil
	}
	return nil, time.Time{}, fmt.Errorf("no metric %q", name)
}

// A podLister lists the pods of a workload.
type podLister struct {
	corelisters.PodNamespaceLister
	pods []*corev1.Pod
}

// podListerOf returns a lister of so many ready pods, and one that is not.
func podListerOf(ready int) *podLister { return &podLister{pods: pods[:ready+1]} }

func (c *podLister) List(labels.Selector) ([]*corev1.Pod, error) { return c.pods, nil }
func (c *podLister) Pods(string) corelisters.PodNamespaceLister  { return c }
func (c *podLister) resize(ready int)                            { c.pods = pods[:ready+1] }

// pods are those of the largest workload. The HPA cannot tell one from another.
var pods = func() []*corev1.Pod {
	pod := func(status corev1.ConditionStatus) *corev1.Pod {
		return &corev1.Pod{Status: corev1.PodStatus{
			Phase:      corev1.PodRunning,
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}},
		}}
	}
	pods := []*corev1.Pod{pod(corev1.ConditionFalse)}
	for ready := pod(corev1.ConditionTrue); len(pods) <= maxReady; {
		pods = append(pods, ready)
	}
	return pods
}()

const maxReady = 1000
