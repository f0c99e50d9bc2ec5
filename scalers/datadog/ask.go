package datadog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/locate"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A query is for points in a window of time.
type query struct {
	url, text   string
	age, offset int // in seconds
}

// String implements fmt.Stringer.
func (q query) String() string { return fmt.Sprintf("query %q", line.Cut(q.text, 100)) }

func ask(ctx context.Context, c *httpsource.Client, q query) (result, error) {
	to := time.Now().Unix() - int64(q.offset)
	parameters := url.Values{
		"from": {strconv.FormatInt(to-int64(q.age), 10)}, "to": {strconv.FormatInt(to, 10)}, "query": {q.text},
	}
	var answer struct {
		Status, Error string
		Series        []struct {
			Pointlist [][]*float64 // pairs of milliseconds and a value
		}
	}
	switch err := c.GetJSON(ctx, q.url+"/api/v1/query?"+parameters.Encode(), &answer); {
	case errors.Is(err, errNone):
		return result{none: err}, nil
	case err != nil:
		return result{}, err
	case answer.Status != "ok":
		return result{}, errors.New(c.Excerpt(fmt.Sprintf("the status of the answer is %q and not ok: %s", answer.Status, answer.Error)))
	}
	var r result
	for _, s := range answer.Series {
		points := make([]point, len(s.Pointlist))
		for i, pair := range s.Pointlist {
			if len(pair) != 2 || pair[0] == nil {
				return result{}, errors.New("a point is not the pair of a time and a number that it should be")
			}
			points[i] = point{time: time.UnixMilli(int64(*pair[0])), null: pair[1] == nil}
			if pair[1] != nil {
				points[i].value = *pair[1]
			}
		}
		r.series = append(r.series, points)
	}
	return r, nil
}

// A metric is one of a Cluster Agent.
type metric struct{ url, namespace, name string }

// String implements fmt.Stringer.
func (m metric) String() string { return fmt.Sprintf("metric %q of namespace %q", m.name, m.namespace) }

func askAgent(ctx context.Context, c *httpsource.Client, m metric) (result, error) {
	address := fmt.Sprintf("%s/namespaces/%s/datadogmetric@%[2]s:%s", m.url, url.PathEscape(m.namespace), url.PathEscape(m.name))
	response, err := c.Do(ctx, httpsource.Request{URL: address})
	switch {
	case errors.Is(err, errNone):
		return result{none: err}, nil
	case err != nil:
		return result{}, err
	}
	value, err := locate.JSON(response.Body, "items.0.value")
	if err != nil {
		return result{}, fmt.Errorf("items.0.value in the answer: %w", err)
	}
	var answer struct {
		Items []struct{ Timestamp time.Time }
	}
	if err := json.Unmarshal(response.Body, &answer); err != nil {
		return result{}, fmt.Errorf("the answer is not the JSON that it should be: %w", err)
	}
	return result{series: [][]point{{{time: answer.Items[0].Timestamp, value: value}}}}, nil
}
