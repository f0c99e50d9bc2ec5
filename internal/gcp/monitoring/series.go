package monitoring

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A Series is a time series, as the service tells it.
type Series struct {
	Resource              struct{ Labels map[string]string }
	MetricKind, ValueType string
	Points                []Point
}

// A Point is one of a Series.
type Point struct {
	Interval struct{ EndTime time.Time }
	Value    struct {
		Int64Value, DoubleValue *decimal
		DistributionValue       *distribution
	}
}

// decimal is a number in JSON as protocol buffers write it: large ones, and those
// that JSON has not, are texts.
type decimal float64

// UnmarshalJSON implements json.Unmarshaler.
func (d *decimal) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	*d = decimal(value)
	return err
}

// newest returns the newest point, nil if there is none. The service lists it
// first, which is not relied upon.
func (s *Series) newest() *Point {
	var newest *Point
	for i := range s.Points {
		if p := &s.Points[i]; newest == nil || p.Interval.EndTime.After(newest.Interval.EndTime) {
			newest = p
		}
	}
	return newest
}

// number returns the value of a point if that is one.
func (s *Series) number(p *Point) (float64, error) {
	switch {
	case p.Value.Int64Value != nil:
		return float64(*p.Value.Int64Value), nil
	case p.Value.DoubleValue != nil:
		return float64(*p.Value.DoubleValue), nil
	}
	return 0, fmt.Errorf("the values are of type %s, and no numbers: aggregate them", s.ValueType)
}

// A level is what time series come to.
type level struct {
	value float64
	time  time.Time // of the newest point in it; zero if there is no point
	note  string
}

// largest returns the newest value of the one time series, or the largest of
// them if there are several: which of them the service lists first means nothing.
func largest(series []Series) (level, error) {
	var found level
	n := 0
	for i := range series {
		p := series[i].newest()
		if p == nil {
			continue
		}
		value, err := series[i].number(p)
		if err != nil {
			return level{}, err
		}
		if n++; n == 1 || value > found.value {
			found.value, found.time = value, p.Interval.EndTime
		}
	}
	if n > 1 {
		found.note = fmt.Sprintf("there are %d time series, of which the largest value counts", n)
	}
	return found, nil
}

// read makes a reading of time series.
func (p *Plan) read(series []Series) (scalerkit.Reading, error) {
	found, err := p.Aggregation.of(series)
	switch {
	case err != nil:
		return scalerkit.Reading{}, err
	case !found.time.IsZero():
		return p.reading(found), nil
	case p.ValueIfNull == nil:
		return scalerkit.Reading{}, fmt.Errorf("%w: Cloud Monitoring has no points of the last %v", scalerkit.ErrNotFound, p.Question.Window)
	}
	found.value = *p.ValueIfNull
	r := p.reading(found)
	r.Note = fmt.Sprintf("Cloud Monitoring has no points of the last %v, so valueIfNull counts", p.Question.Window)
	return r, nil
}

// reading makes a reading of a level. What is no number counts as 0, and so does
// what is below 0, which is compared with the activation as it is.
func (p *Plan) reading(found level) scalerkit.Reading {
	r := scalerkit.Reading{Value: found.value, Time: found.time, Note: found.note}
	v := found.value
	if v >= 0 && !math.IsInf(v, 1) {
		return r
	}
	r.Value = 0
	r.Note = strings.Trim(fmt.Sprintf("the value is %v, which counts as 0; %s", v, found.note), "; ")
	if math.IsNaN(v) || v <= p.Metric.Activation {
		r.Activity = scalerkit.Inactive
	}
	return r
}
