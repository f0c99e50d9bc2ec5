package metricsapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/locate"
)

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger(c.Lookup).New(c, o) }

// Driver returns the driver of the trigger type metrics-api. Without a Lookup,
// triggers that ask the endpoints of a Service are refused.
func Driver(lookup Lookup) scalerkit.Driver { return trigger(lookup).Driver() }

func trigger(lookup Lookup) driver.Type[Config] {
	return driver.Type[Config]{
		Name:     "metrics-api",
		KEDAName: "metricsAPIScaler",
		Prepare:  func(c *Config) { c.Lookup, c.shared = lookup, &lookup },
		Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			return source.New(o, httpsource.Plan[question, answers]{
				Metric:   driver.MetricOf(c, "metric-api", c.Location),
				Question: c.question,
				Server:   c.server,
				Access:   c.Access,
				Read:     c.read,
			})
		},
	}
}

var source = httpsource.Source[question, answers]{Name: "metrics-api", Ask: ask}

// A question is for the answer of a URL, or of all endpoints of a Service with
// the URL's path. Where the number is in it, is each trigger's own affair.
type question struct {
	url                string
	noURL              bool   // each reading is an error
	namespace, service string // if it is for a Service
	port               int
	lookup             *Lookup // a pointer, so that questions are comparable
}

// String implements fmt.Stringer.
func (question) String() string { return "metrics" }

// answers are the bodies of one answer, or of those of all endpoints.
type answers [][]byte

func ask(ctx context.Context, c *httpsource.Client, q question) (answers, error) {
	if q.noURL {
		return nil, errors.New("the url is none: want http:// or https://, and a host")
	}
	if q.service == "" {
		body, err := get(ctx, c, q.url)
		return answers{body}, err
	}
	addresses, err := (*q.lookup)(ctx, q.namespace, q.service, q.port)
	if err != nil {
		return nil, fmt.Errorf("look up the endpoints of Service %s in namespace %s: %w", q.service, q.namespace, err)
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("no endpoint of Service %s in namespace %s is ready", q.service, q.namespace)
	}
	slices.Sort(addresses)
	return askAll(ctx, c, q.url, slices.Compact(addresses))
}

// askAll asks all endpoints. Unless all answer, there is no answer.
func askAll(ctx context.Context, c *httpsource.Client, address string, endpoints []string) (answers, error) {
	const atATime = 5
	target, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("this is no URL")
	}
	results := driver.Each(ctx, atATime, endpoints, func(ctx context.Context, endpoint string) ([]byte, error) {
		one := *target
		one.Host = endpoint
		return get(ctx, c, one.String())
	})
	bodies := make(answers, len(results))
	for i, r := range results {
		if r.Err != nil {
			return nil, fmt.Errorf("one of %d endpoints: %w", len(results), r.Err)
		}
		bodies[i] = r.Value
	}
	return bodies, nil
}

func get(ctx context.Context, c *httpsource.Client, url string) ([]byte, error) {
	response, err := c.Do(ctx, httpsource.Request{URL: url})
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// read finds the numbers in the answers and makes one of them.
func (c *Config) read(all answers) (scalerkit.Reading, error) {
	var reading scalerkit.Reading
	values := make([]float64, len(all))
	for i, body := range all {
		value, note, err := c.find(body)
		if err != nil {
			return scalerkit.Reading{}, fmt.Errorf("%q in the answer: %w", c.Location, err)
		}
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return scalerkit.Reading{}, fmt.Errorf("%q in the answer: is %v, which is not a finite number of at least 0", c.Location, value)
		}
		values[i], reading.Note = value, note
		reading.Value += value
	}
	switch c.Aggregation {
	case "average":
		reading.Value /= float64(len(values))
	case "max":
		reading.Value = slices.Max(values)
	case "min":
		reading.Value = slices.Min(values)
	}
	return reading, nil
}

// find returns the number in a body, and what is to be said of it.
func (c *Config) find(body []byte) (value float64, note string, err error) {
	switch c.Format {
	case "yaml":
		var decoded any
		if err := yaml.Unmarshal(body, &decoded); err != nil {
			return 0, "", errors.New("it is not YAML")
		}
		value, err = locate.Value(decoded, c.Location)
	case "xml":
		value, err = locate.XML(body, c.Location)
	case "prometheus":
		return c.selector.Find(body)
	default:
		value, err = locate.JSON(body, c.Location)
	}
	return value, "", err
}
