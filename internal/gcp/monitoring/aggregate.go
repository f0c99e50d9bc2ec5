package monitoring

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Aggregation makes one value of all points of the newest minutes, of all time
// series. The zero value makes none: see [NewAggregation].
type Aggregation struct {
	name    string
	percent float64 // if name is percentile
}

// stretch is how long before the newest point another still counts for an
// Aggregation.
const stretch = 3 * time.Minute

// NewAggregation returns that with KEDA's name.
func NewAggregation(name string) (Aggregation, error) {
	switch name {
	case "", "count", "sum", "mean", "variance", "stddev":
		return Aggregation{name: name}, nil
	case "median":
		return Aggregation{"percentile", 50}, nil
	}
	number, ok := strings.CutPrefix(name, "percentile")
	percent, err := strconv.ParseUint(number, 10, 8)
	if !ok || err != nil || percent > 100 {
		return Aggregation{}, fmt.Errorf("%q is not one of count, sum, mean, median, variance, stddev, or percentile with a number from 0 to 100, such as percentile95", name)
	}
	return Aggregation{"percentile", float64(percent)}, nil
}

// of returns what time series come to. Distributions are what was measured in the
// minutes before their points, and are put together. Of numbers each time series
// has one: what its points add up to if they are changes (DELTA), and otherwise the
// newest.
func (a Aggregation) of(series []Series) (level, error) {
	if a.name == "" {
		return largest(series)
	}
	var found level
	for i := range series {
		if p := series[i].newest(); p != nil && p.Interval.EndTime.After(found.time) {
			found.time = p.Interval.EndTime
		}
	}
	var all histogram
	for i := range series {
		if err := all.addSeries(&series[i], found.time.Add(-stretch)); err != nil {
			return level{}, err
		}
	}
	found.value = a.value(&all)
	return found, nil
}

func (a Aggregation) value(h *histogram) float64 {
	switch {
	case a.name == "count":
		return h.n
	case a.name == "sum":
		return h.n * h.mean
	case h.n == 0:
		return math.NaN()
	case a.name == "mean":
		return h.mean
	case a.name == "variance":
		return h.squares / h.n
	case a.name == "stddev":
		return math.Sqrt(h.squares / h.n)
	}
	return h.percentile(a.percent)
}

// A histogram is of n values.
type histogram struct {
	n, mean float64
	squares float64 // of the deviations from the mean, added up
	buckets []bucket
}

// A bucket has n values between two bounds.
type bucket struct{ from, to, n float64 }

// addSeries adds the points of a time series that end after a time.
func (h *histogram) addSeries(s *Series, after time.Time) error {
	var total float64
	newest := s.newest()
	for i := range s.Points {
		p := &s.Points[i]
		if !p.Interval.EndTime.After(after) {
			continue
		}
		if d := p.Value.DistributionValue; d != nil {
			h.add(float64(d.Count), float64(d.Mean), float64(d.SumOfSquaredDeviation), d.buckets())
			continue
		}
		value, err := s.number(p)
		if err != nil {
			return err
		}
		switch {
		case s.MetricKind == "DELTA":
			total += value
		case p == newest:
			total = value
		}
	}
	if newest != nil && newest.Value.DistributionValue == nil && newest.Interval.EndTime.After(after) {
		h.add(1, total, 0, []bucket{{total, total, 1}})
	}
	return nil
}

// add adds n values of a mean, whose squared deviations from it add up to squares.
func (h *histogram) add(n, mean, squares float64, buckets []bucket) {
	if n == 0 {
		return
	}
	total, apart := h.n+n, mean-h.mean
	h.mean += apart * n / total
	h.squares += squares + apart*apart*h.n*n/total
	h.n = total
	h.buckets = append(h.buckets, buckets...)
}

// percentile returns the value below which that share of the values is, taking
// those in a bucket for evenly spread.
func (h *histogram) percentile(percent float64) float64 {
	slices.SortFunc(h.buckets, func(a, b bucket) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var merged []bucket
	for _, b := range h.buckets {
		if last := len(merged) - 1; last >= 0 && merged[last].from == b.from && merged[last].to == b.to {
			merged[last].n += b.n
			continue
		}
		merged = append(merged, b)
	}
	rank := h.n * percent / 100
	for _, b := range merged {
		if rank <= b.n {
			return b.from + (b.to-b.from)*rank/b.n
		}
		rank -= b.n
	}
	return merged[len(merged)-1].to // what is left of rank is due to rounding
}

// distribution is the value of a point that stands for many.
type distribution struct {
	Count, Mean, SumOfSquaredDeviation decimal
	BucketOptions                      struct {
		LinearBuckets      *struct{ NumFiniteBuckets, Width, Offset decimal }
		ExponentialBuckets *struct{ NumFiniteBuckets, GrowthFactor, Scale decimal }
		ExplicitBuckets    *struct{ Bounds []decimal }
	}
	BucketCounts []decimal
}

// buckets returns those with values in them. What is below the first bound is
// taken to be above 0 if that can be, and what is above the last, to be there.
func (d *distribution) buckets() []bucket {
	var found []bucket
	for i, count := range d.BucketCounts {
		if count == 0 {
			continue
		}
		b := bucket{n: float64(count)}
		var begins, ends bool
		b.from, begins = d.bound(i - 1)
		b.to, ends = d.bound(i)
		switch {
		case !begins && !ends:
			b.from, b.to = float64(d.Mean), float64(d.Mean)
		case !begins:
			b.from = min(0, b.to)
		case !ends:
			b.to = b.from
		}
		found = append(found, b)
	}
	if found == nil && d.Count > 0 { // the service has not kept them
		found = []bucket{{float64(d.Mean), float64(d.Mean), float64(d.Count)}}
	}
	return found
}

// bound returns a bound between buckets, if there is one.
func (d *distribution) bound(i int) (float64, bool) {
	linear, exponential, explicit := d.BucketOptions.LinearBuckets, d.BucketOptions.ExponentialBuckets, d.BucketOptions.ExplicitBuckets
	switch n := float64(i); {
	case i < 0:
	case explicit != nil && i < len(explicit.Bounds):
		return float64(explicit.Bounds[i]), true
	case linear != nil && n <= float64(linear.NumFiniteBuckets):
		return float64(linear.Offset) + float64(linear.Width)*n, true
	case exponential != nil && n <= float64(exponential.NumFiniteBuckets):
		return float64(exponential.Scale) * math.Pow(float64(exponential.GrowthFactor), n), true
	}
	return 0, false
}
