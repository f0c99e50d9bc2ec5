package azureappinsights

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// API is the part of the parameters that says who asks.
type API = azure.API

// Entra is the part of an API that says which of Azure's clouds it is, and who asks
// if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on a metric.
type Config struct {
	API
	ApplicationInsightsID string `scaler:"applicationInsightsId,required" from:"metadata,auth,env" doc:"id of the application in Application Insights"`

	MetricID         string `scaler:"metricId,required" doc:"the metric, such as requests/duration or customMetrics/queue-depth"`
	Timespan         string `scaler:"metricAggregationTimespan,required" doc:"how far to look back, as hh:mm"`
	Aggregation      string `scaler:"metricAggregationType,required" enum:"avg|count|max|min|sum|unique" doc:"how values are aggregated"`
	Filter           string `scaler:"metricFilter" doc:"filter on dimensions, such as cloud/roleName eq 'shop'"`
	IgnoreNullValues bool   `scaler:"ignoreNullValues" doc:"whether no value counts as 0; it is an error otherwise"`

	TargetValue           float64 `scaler:"targetValue,target" above:"0" doc:"target: value per replica"`
	ActivationTargetValue float64 `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`

	ResourceURL string `scaler:"appInsightsResourceURL" doc:"URL of the API in the cloud Private"`
	MetricType  scalerkit.TargetKind

	server   string
	timespan time.Duration
	filter   string
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	c.server = c.ParseAPI(p, func(cloud cloudhosts.AzureCloud) cloudhosts.Hosts { return cloud.ApplicationInsights }, &c.ResourceURL)
	c.timespan = azure.ParseSpan(p, &c.Timespan, "hh:mm")
	c.filter = c.Filter
	if decoded, err := url.QueryUnescape(c.Filter); err == nil { // as KEDA takes it
		c.filter = decoded
	}
}

// New returns a Scaler that reads a metric. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type azure-app-insights.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-app-insights", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, azure.Plan[metric, *float64]{
		Metric: driver.MetricOf(c, "azure-app-insights", c.MetricID),
		Question: metric{
			c.server + "/v1/apps/" + url.PathEscape(c.ApplicationInsightsID) + "/metrics",
			c.MetricID, c.Aggregation, fmt.Sprintf("PT%dM", c.timespan/time.Minute), c.filter,
		},
		Key: c.Caller(c.server),
		Who: c.Caller(c.server).Authenticator,
		Read: func(value *float64) (scalerkit.Reading, error) {
			switch {
			case value != nil:
				return azure.Reading(*value, c.ActivationTargetValue), nil
			case c.IgnoreNullValues:
				return scalerkit.Reading{Note: fmt.Sprintf("metric %s has no value, which counts as 0", c.MetricID)}, nil
			}
			return scalerkit.Reading{}, errors.New("it has no value")
		},
	}), nil
}

// most is how many metrics are asked for in one request.
const most = 20

var source = azure.Source[metric, *float64]{
	Name:     "azure-app-insights",
	Ask:      azure.Grouped(most, func(m metric) string { return m.url }, ask),
	Classify: azure.Classify,
}

// A metric is what one trigger asks about.
type metric struct {
	url                               string // of an application's metrics
	name, aggregation, window, filter string
}

func (m metric) String() string { return fmt.Sprintf("%s of metric %q", m.aggregation, m.name) }

// A body is what the API says of one metric.
type body struct{ Value map[string]json.RawMessage }

// ask asks for metrics of one application.
func ask(ctx context.Context, c *httpsource.Client, metrics []metric) ([]driver.Answer[*float64], error) {
	answers := make([]driver.Answer[*float64], len(metrics))
	if len(metrics) == 1 {
		var b body
		if err := c.GetJSON(ctx, metrics[0].address(), &b); err != nil {
			return nil, err
		}
		answers[0].Value, answers[0].Err = metrics[0].in(b)
		return answers, nil
	}
	results, err := together(ctx, c, metrics)
	if err != nil {
		return nil, err
	}
	for i, m := range metrics {
		r, answered := results[strconv.Itoa(i)]
		a := &answers[i]
		var b body
		switch {
		case !answered:
			a.Err = errors.New("the answer does not have it")
		case r.Status != http.StatusOK:
			a.Err = azure.Classify(r.Status, nil, r.Body)
		default:
			if a.Err = json.Unmarshal(r.Body, &b); a.Err == nil {
				a.Value, a.Err = m.in(b)
			}
		}
	}
	return answers, nil
}

func (m metric) address() string {
	parts := strings.Split(m.name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	query := url.Values{"aggregation": {m.aggregation}, "timespan": {m.window}}
	if m.filter != "" {
		query.Set("filter", m.filter)
	}
	return m.url + "/" + strings.Join(parts, "/") + "?" + query.Encode()
}

// A result is the answer to one question of several.
type result struct {
	ID     string
	Status int
	Body   json.RawMessage
}

// together asks for metrics at once, and returns the results by their places.
func together(ctx context.Context, c *httpsource.Client, metrics []metric) (map[string]result, error) {
	type parameters struct {
		MetricID    string   `json:"metricId"`
		Aggregation []string `json:"aggregation"`
		Timespan    string   `json:"timespan"`
		Filter      string   `json:"filter,omitempty"`
	}
	type question struct {
		ID         string     `json:"id"`
		Parameters parameters `json:"parameters"`
	}
	questions := make([]question, len(metrics))
	for i, m := range metrics {
		questions[i] = question{strconv.Itoa(i), parameters{m.name, []string{m.aggregation}, m.window, m.filter}}
	}
	request, err := json.Marshal(questions)
	if err != nil {
		return nil, err
	}
	var all []result
	err = c.DoJSON(ctx, httpsource.Request{
		Method: http.MethodPost, URL: metrics[0].url, Body: request, Header: http.Header{"Content-Type": {"application/json"}},
	}, &all)
	byID := make(map[string]result, len(all))
	for _, r := range all {
		byID[r.ID] = r
	}
	return byID, err
}

// in returns the value of m in what the API says, nil if there is none.
func (m metric) in(b body) (*float64, error) {
	if b.Value == nil {
		return nil, errors.New("the answer has no value")
	}
	var aggregations map[string]json.RawMessage
	if of := b.Value[m.name]; of != nil {
		if err := json.Unmarshal(of, &aggregations); err != nil {
			return nil, errors.New("the answer has no aggregations of the metric")
		}
	}
	if aggregations[m.aggregation] == nil {
		return nil, nil
	}
	var value *float64
	if err := json.Unmarshal(aggregations[m.aggregation], &value); err != nil {
		return nil, errors.New("the answer has what is no number")
	}
	return value, nil
}
