package azuremonitor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// New returns a Scaler that reads a metric. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type azure-monitor.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-monitor", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	q := metric{selection{c.resource, c.MetricNamespace, c.Aggregation, c.interval, c.Filter, ""}, c.MetricName}
	if c.Filter != "" || strings.Contains(c.MetricName, ",") {
		q.alone = c.MetricName
	}
	return source.New(o, azure.Plan[metric, measure]{
		Metric:   driver.MetricOf(c, "azure-monitor", c.MetricName),
		Question: q,
		Key:      c.Caller(c.server),
		Who:      c.Caller(c.server).Authenticator,
		Read: func(m measure) (scalerkit.Reading, error) {
			r := azure.Reading(m.value, c.ActivationTargetValue)
			r.Time = m.time
			if m.series > 1 {
				r.Note = strings.Trim(fmt.Sprintf("%s; metric %s has %d series, of which the first counts", r.Note, c.MetricName, m.series), "; ")
			}
			return r, nil
		},
	}), nil
}

// most is how many metrics there may be in one request.
const most = 20

var source = azure.Source[metric, measure]{
	Name:     "azure-monitor",
	Ask:      azure.Grouped(most, func(m metric) selection { return m.selection }, ask),
	Classify: azure.Classify,
}

// A metric is what one trigger asks about.
type metric struct {
	selection
	name string
}

// A selection is what metrics have in common that are asked for together.
type selection struct {
	resource, namespace, aggregation string
	interval                         time.Duration
	filter                           string
	alone                            string // the name of a metric that has to be asked for by itself
}

func (m metric) String() string { return fmt.Sprintf("metric %q", m.name) }

// A measure is a data point of the first of a metric's series.
type measure struct {
	value  float64
	time   time.Time
	series int
}

// ask asks for the metrics of one selection.
func ask(ctx context.Context, c *httpsource.Client, metrics []metric) ([]driver.Answer[measure], error) {
	s, now := metrics[0].selection, time.Now().UTC()
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = strings.ReplaceAll(m.name, ",", "%2")
	}
	query := url.Values{
		"api-version": {"2024-02-01"},
		"timespan":    {now.Add(-s.interval).Format(time.RFC3339) + "/" + now.Format(time.RFC3339)},
		"metricnames": {strings.Join(names, ",")},
		"aggregation": {s.aggregation},
	}
	for name, value := range map[string]string{"metricnamespace": s.namespace, "$filter": s.filter} {
		if value != "" {
			query.Set(name, value)
		}
	}
	var answer struct{ Value []result }
	if err := c.GetJSON(ctx, s.resource+"/providers/Microsoft.Insights/metrics?"+query.Encode(), &answer); err != nil {
		return nil, err
	}
	if len(metrics) == 1 && len(answer.Value) == 1 {
		answer.Value[0].Name.Value = metrics[0].name // whatever the service calls it
	}
	answers := make([]driver.Answer[measure], len(metrics))
	for i, m := range metrics {
		answers[i].Value, answers[i].Err = m.in(c, answer.Value)
	}
	return answers, nil
}

// A result is what the answer has of one metric.
type result struct {
	Name                    struct{ Value string }
	TimeSeries              []struct{ Data []point }
	ErrorCode, ErrorMessage string
}

// A point has the aggregation that was asked for, if it has data.
type point struct {
	TimeStamp                               time.Time
	Average, Count, Maximum, Minimum, Total *float64
}

// value returns an aggregation, nil if there is none.
func (p *point) value(aggregation string) *float64 {
	switch aggregation {
	case "Average":
		return p.Average
	case "Count":
		return p.Count
	case "Maximum":
		return p.Maximum
	case "Minimum":
		return p.Minimum
	}
	return p.Total
}

// in returns the measure of m among the results of an answer.
func (m metric) in(c *httpsource.Client, results []result) (measure, error) {
	i := slices.IndexFunc(results, func(r result) bool { return strings.EqualFold(r.Name.Value, m.name) })
	switch {
	case i < 0:
		return measure{}, errors.New("the answer does not have the metric")
	case results[i].ErrorCode != "" && results[i].ErrorCode != "Success":
		return measure{}, fmt.Errorf("the answer has no data: %s", c.Excerpt(results[i].ErrorCode+": "+results[i].ErrorMessage))
	case len(results[i].TimeSeries) == 0:
		return measure{}, errors.New("the answer has no series of the metric")
	}
	all := results[i].TimeSeries
	for _, p := range slices.Backward(all[0].Data) {
		if value := p.value(m.aggregation); value != nil {
			return measure{*value, p.TimeStamp, len(all)}, nil
		}
	}
	return measure{}, fmt.Errorf("there is no data point with %s within %v", m.aggregation, m.interval)
}
