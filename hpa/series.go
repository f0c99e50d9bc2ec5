package hpa

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/internal/line"
)

// A series is a metric with its labels. What it is found by does not change.
type series struct {
	namespace, metric string
	lower             string // metric in lower case
	labels            labels.Set
	last              *sample // under the Provider's mutex
}

// is says whether v belongs to the series.
func (s *series) is(v *Value) bool {
	return s.metric == v.Metric && maps.Equal(s.labels, v.Labels)
}

// An index finds the series of a namespace and metric: all of them, or those
// with a certain label. So it is one step to a series even where thousands of
// objects have a metric of the same name.
type index map[indexKey][]*series

// An indexKey without a label is that of all series. Its metric is in lower
// case.
type indexKey struct{ namespace, metric, label, value string }

func (s *series) keys(yield func(indexKey) bool) {
	if !yield(indexKey{namespace: s.namespace, metric: s.lower}) {
		return
	}
	for label, value := range s.labels {
		if !yield(indexKey{s.namespace, s.lower, label, value}) {
			return
		}
	}
}

// insert adds the series of v. It has no sample yet.
func (x index) insert(namespace string, v *Value) *series {
	s := &series{namespace: namespace, metric: v.Metric, lower: strings.ToLower(v.Metric), labels: maps.Clone(v.Labels)}
	for key := range s.keys {
		x[key] = append(x[key], s)
	}
	return s
}

func (x index) remove(s *series) {
	for key := range s.keys {
		list := x[key]
		i := slices.Index(list, s)
		if list = slices.Delete(list, i, i+1); len(list) == 0 {
			delete(x, key)
		} else {
			x[key] = list
		}
	}
}

// find returns the samples that the selector matches.
func (x index) find(namespace, metric string, selector labels.Selector) []*sample {
	key := indexKey{namespace: namespace, metric: strings.ToLower(metric)}
	requirements, _ := selector.Requirements()
	for i := range requirements {
		if value, ok := onlyValue(&requirements[i]); ok {
			key.label, key.value = requirements[i].Key(), value
			break
		}
	}
	var found []*sample
	for _, s := range x[key] {
		if selector.Matches(s.labels) {
			found = append(found, s.last)
		}
	}
	return found
}

// onlyValue returns the one value that meets the requirement.
func onlyValue(r *labels.Requirement) (string, bool) {
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals, selection.In:
		if values := r.ValuesUnsorted(); len(values) == 1 {
			return values[0], true
		}
	}
	return "", false
}

// A sample is a Value as it is served. It does not change once it is its
// series' last.
type sample struct {
	value     v1beta1.ExternalMetricValue
	owner     Owner
	published time.Time
	maxAge    time.Duration
	unknown   string // why
}

func newSample(owner Owner, v *Value, now time.Time) *sample {
	s := &sample{owner: owner, published: now, maxAge: v.MaxAge}
	if s.maxAge == 0 {
		s.maxAge = DefaultMaxAge
	}
	s.value.MetricName = v.Metric
	s.value.Timestamp = metav1.NewTime(v.Time)
	switch {
	case v.Err != nil:
		s.unknown = line.Cut(line.Of(v.Err.Error()), longestReason)
	case math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0:
		s.unknown = fmt.Sprintf("value %v is not a finite number of at least 0", v.Value)
	default:
		s.value.Value = *resource.NewMilliQuantity(milli(v.Value), resource.DecimalSI)
	}
	return s
}

// age returns the time since the source had the level.
func (s *sample) age(now time.Time) time.Duration { return now.Sub(s.value.Timestamp.Time) }

// problem says why the sample cannot be served.
func (s *sample) problem(now time.Time) string {
	age := now.Sub(s.published)
	switch {
	case s.unknown != "":
		return fmt.Sprintf("metric %q of %v is unknown: %s", s.value.MetricName, s.owner, s.unknown)
	case s.value.Timestamp.IsZero():
		return fmt.Sprintf("metric %q of %v is unknown: its value has no time", s.value.MetricName, s.owner)
	case age > s.maxAge:
		return fmt.Sprintf("metric %q of %v is stale: published %v ago, good for %v", s.value.MetricName, s.owner, age.Round(time.Second), s.maxAge)
	}
	return ""
}

// milli returns v in thousandths, saturating at the largest integer, which is
// what the HPA reckons with.
func milli(v float64) int64 {
	m := math.Round(v * 1000)
	if m >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(m)
}

// longestReason bounds what is passed on of an error, in bytes.
const longestReason = 300
