package datadog

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/signed"
)

var trigger = driver.Type[Config]{Name: "datadog", Open: open}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type datadog.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	api   = httpsource.Source[query, result]{Name: "datadog", Ask: ask, Classify: classify}
	agent = httpsource.Source[metric, result]{Name: "datadog", Ask: askAgent, Classify: classify}
)

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	if c.UseAgent {
		return agent.New(o, httpsource.Plan[metric, result]{
			Metric:   driver.MetricOf(c, "datadogmetric@"+c.Agent.MetricNamespace, c.Agent.Metric),
			Question: metric{c.Agent.url(), c.Agent.MetricNamespace, c.Agent.Metric},
			Server:   c.Agent.url(),
			Access:   c.access(),
			Read:     c.read,
		})
	}
	name, _, _ := strings.Cut(c.API.Query, "{")
	return api.New(o, httpsource.Plan[query, result]{
		Metric:   driver.MetricOf(c, "datadog", name),
		Question: query{c.API.url(), c.API.Query, *c.API.Age, c.API.Offset},
		Server:   c.API.url(),
		Access:   c.access(),
		Read:     c.read,
	})
}

// A result is what there is to know of an answer.
type result struct {
	series [][]point
	none   error // that there is nothing for now
}

// A point is what was measured at a time.
type point struct {
	time  time.Time
	value float64
	null  bool
}

// errNone means that there is nothing for now.
var errNone = errors.New("there is no value")

// classify says what an answer without success means.
func classify(status int, h http.Header, body []byte) error {
	switch status {
	case http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %w", errNone, httpsource.Status(status, string(body)))
	case http.StatusTooManyRequests:
		reset, _ := strconv.Atoi(h.Get("X-Ratelimit-Reset")) // 0 if it does not say
		pause := cmp.Or(httpsource.RetryAfter(h, time.Now()), time.Duration(min(max(reset, 0), 86400))*time.Second)
		return &scalerkit.ThrottledError{RetryAfter: pause, Err: httpsource.Status(status, string(body))}
	}
	return nil
}

// read makes a reading of a result.
func (c *Config) read(r result) (scalerkit.Reading, error) {
	p, err := c.pick(r)
	switch {
	case err == nil:
		reading := signed.Reading(p.value, c.Activation)
		reading.Time = p.time
		return reading, nil
	case errors.Is(err, errNone) && c.Unavailable != nil:
		reading := signed.Reading(*c.Unavailable, c.Activation)
		reading.Note = fmt.Sprintf("%v: %v counts", err, *c.Unavailable)
		return reading, nil
	}
	return scalerkit.Reading{}, err
}

// pick makes one point of all series. Its time is that of the oldest.
func (c *Config) pick(r result) (point, error) {
	switch {
	case r.none != nil:
		return point{}, r.none
	case len(r.series) == 0:
		return point{}, fmt.Errorf("%w: %w: the query has no result", scalerkit.ErrNotFound, errNone)
	case len(r.series) > 1 && c.API.Aggregator == "":
		return point{}, fmt.Errorf("the result has %d series and not one: set queryAggregator, or make one of them", len(r.series))
	}
	back := c.API.Back
	if c.UseAgent {
		back = 0 // there is but one
	}
	var all point
	for i, series := range r.series {
		p, err := last(series, back)
		if err != nil {
			return point{}, err
		}
		switch {
		case i == 0:
			all = p
		case c.API.Aggregator == "max":
			all.value = max(all.value, p.value)
		default:
			all.value += (p.value - all.value) / float64(i+1) // the mean so far
		}
		if p.time.Before(all.time) {
			all.time = p.time
		}
	}
	return all, nil
}

// last returns the last point that has a value, or one so many points before it.
func last(series []point, back int) (point, error) {
	i := len(series) - 1
	for i >= 0 && series[i].null {
		i--
	}
	if i -= back; i < 0 || series[i].null {
		return point{}, fmt.Errorf("%w in one of %d points", errNone, len(series))
	}
	return series[i], nil
}
