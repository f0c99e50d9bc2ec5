package promquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A Series is one of those in the answer to a range query.
type Series struct {
	Labels map[string]string
	Points []Point
}

// A Point is a value of a series, which may be NaN.
type Point struct {
	Time  time.Time
	Value float64
}

// AskRange puts a range query: the URL of q is that of query_range, and its Parameters
// have start, end and step.
func AskRange(ctx context.Context, c *httpsource.Client, q Query) ([]Series, error) {
	a, excerpt, err := ask(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return a.matrix(q.Partial, excerpt)
}

// longest bounds what is told of a saved answer, in bytes.
const longest = 300

// ParseRange reads the answer to a range query as it was saved.
func ParseRange(text []byte) ([]Series, error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("this is not the JSON of a whole answer: %w", err)
	}
	return a.matrix(false, func(text string) string { return line.Cut(line.Of(text), longest) })
}

func (a *answer) matrix(partialWillDo bool, excerpt func(string) string) ([]Series, error) {
	if _, err := a.check(partialWillDo, excerpt); err != nil {
		return nil, err
	}
	if a.Data.ResultType != "matrix" {
		return nil, fmt.Errorf("the result is a %q: it should be the matrix that query_range answers", a.Data.ResultType)
	}
	var result []struct {
		Metric     map[string]string
		Values     []pair
		Histograms []any
	}
	switch err := json.Unmarshal(a.Data.Result, &result); {
	case errors.Is(err, errPair):
		return nil, err
	case err != nil:
		return nil, errors.New("the result is not the matrix that it should be")
	}
	series := make([]Series, len(result))
	for i, r := range result {
		if len(r.Histograms) > 0 {
			return nil, errors.New("the result has a histogram: make a number of it, with histogram_count(), say")
		}
		series[i].Labels = r.Metric
		for _, p := range r.Values {
			series[i].Points = append(series[i].Points, Point(p))
		}
	}
	return series, nil
}

// A pair is a Point as an answer has it: seconds since 1970, and a number as text.
type pair Point

var errPair = errors.New("a value is not the pair of a time and a number, as text, that it should be")

// UnmarshalJSON implements json.Unmarshaler.
func (p *pair) UnmarshalJSON(data []byte) error {
	var at float64
	var text string
	fields := []any{&at, &text}
	if err := json.Unmarshal(data, &fields); err != nil || len(fields) != 2 || fields[0] == nil || fields[1] == nil {
		return errPair
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(value, 0) {
		return errPair
	}
	*p = pair{time.UnixMilli(int64(math.Round(at * 1000))).UTC(), value}
	return nil
}
