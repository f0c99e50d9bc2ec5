package huaweicloudeye

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// New returns a Scaler that reads a metric of Cloud Eye. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type huawei-cloudeye.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "huawei-cloudeye", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	account := c.Account
	return source.New(o, driver.Plan[*client, question, point]{
		Metric:   c.metric(),
		Question: c.question(),
		Key:      account,
		Open: func(context.Context) (*client, error) {
			opened, err := httpsource.New(httpsource.Settings{
				Connections:    connections,
				Authenticators: []httpsource.Authenticator{signer{account.AccessKey, account.SecretKey}},
				Classify:       classify,
			}, o)
			return &client{opened, account.url()}, err
		},
		Read: c.read,
	}), nil
}

// connections is how many requests of one account are sent side by side at most.
const connections = 8

var source = driver.Source[*client, question, point]{Name: "huawei-cloudeye", Ask: ask}

type client struct {
	*httpsource.Client
	url string
}

// A question is for one metric.
type question struct {
	series
	query
}

// A series is a metric of one thing.
type series struct{ namespace, name, dimension, value string }

// A query is what questions have in common that are one request.
type query struct {
	filter string
	period int64 // in seconds
	window time.Duration
}

func (q question) String() string {
	return fmt.Sprintf("metric %q of %s with %s %q", q.name, q.namespace, q.dimension, q.value)
}

// What Cloud Eye takes in a request: so many metrics, and so many data points of
// all of them.
const mostMetrics, mostPoints = 500, 3000

// most returns how many metrics there can be in one request.
func (q query) most() int {
	const shortest = 60 // seconds between values as they are
	points := int64(q.window.Seconds())/max(q.period, shortest) + 1
	return int(min(max(mostPoints/points, 1), mostMetrics))
}

// A request is for the metrics of several questions.
type request struct {
	query
	series []series
}

// A point is a data point.
type point struct {
	value float64
	time  time.Time
}

// ask puts the questions, as many in a request as Cloud Eye takes.
func ask(ctx context.Context, c *client, questions []question) ([]driver.Answer[point], error) {
	together := make(map[query][]series)
	for _, q := range questions {
		together[q.query] = append(together[q.query], q.series)
	}
	var requests []request
	for q, all := range together {
		for some := range slices.Chunk(all, q.most()) {
			requests = append(requests, request{q, some})
		}
	}
	known := make(map[question]driver.Answer[point], len(questions))
	for i, a := range httpsource.Each(ctx, c.Client, requests, c.answer) {
		for j, s := range requests[i].series {
			one := driver.Answer[point]{Err: a.Err}
			if a.Err == nil {
				one = a.Value[j]
			}
			known[question{s, requests[i].query}] = one
		}
	}
	answers := make([]driver.Answer[point], len(questions))
	for i, q := range questions {
		answers[i] = known[q]
	}
	return answers, nil
}

// answer returns the answers to a request, one for each metric.
func (c *client) answer(ctx context.Context, _ *httpsource.Client, r request) ([]driver.Answer[point], error) {
	answers, err := c.send(ctx, r)
	if len(r.series) == 1 || !errors.Is(err, errMistake) {
		return answers, err
	}
	return httpsource.Each(ctx, c.Client, r.series, func(ctx context.Context, _ *httpsource.Client, s series) (point, error) {
		alone, err := c.send(ctx, request{r.query, []series{s}})
		if err != nil {
			return point{}, err
		}
		return alone[0].Value, alone[0].Err
	}), nil
}

// A metric is one in a request, and in the answer.
type metric struct {
	Namespace  string       `json:"namespace"`
	Name       string       `json:"metric_name"`
	Dimensions []dimension  `json:"dimensions"`
	Datapoints []*datapoint `json:"datapoints,omitempty"`
}

type dimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type datapoint struct {
	Average, Max, Min, Sum *float64
	Timestamp              int64 // in milliseconds
}

func (c *client) send(ctx context.Context, r request) ([]driver.Answer[point], error) {
	metrics := make([]metric, len(r.series))
	for i, s := range r.series {
		metrics[i] = metric{Namespace: s.namespace, Name: s.name, Dimensions: []dimension{{s.dimension, s.value}}}
	}
	to := time.Now().Truncate(time.Minute)
	body, err := json.Marshal(map[string]any{
		"metrics": metrics, "from": to.Add(-r.window).UnixMilli(), "to": to.UnixMilli(),
		"period": strconv.FormatInt(r.period, 10), "filter": r.filter,
	})
	if err != nil {
		return nil, err
	}
	var answer struct{ Metrics []metric }
	post := httpsource.Request{Method: http.MethodPost, URL: c.url, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	if err := c.DoJSON(ctx, post, &answer); err != nil {
		return nil, err
	}
	found := make(map[series]*metric, len(answer.Metrics))
	for i := range answer.Metrics {
		if m := &answer.Metrics[i]; len(m.Dimensions) == 1 {
			found[series{m.Namespace, m.Name, m.Dimensions[0].Name, m.Dimensions[0].Value}] = m
		}
	}
	answers := make([]driver.Answer[point], len(r.series))
	for i, s := range r.series {
		answers[i].Value, answers[i].Err = r.newest(found[s])
	}
	return answers, nil
}

// newest returns the newest data point of a metric in an answer.
func (q query) newest(m *metric) (point, error) {
	if m == nil {
		return point{}, errors.New("the answer has nothing about it")
	}
	var newest *datapoint
	for _, d := range m.Datapoints {
		if d != nil && (newest == nil || d.Timestamp > newest.Timestamp) {
			newest = d
		}
	}
	if newest == nil {
		return point{}, fmt.Errorf("%w: Cloud Eye has no data point of the last %v", scalerkit.ErrNotFound, q.window)
	}
	value := map[string]*float64{"average": newest.Average, "max": newest.Max, "min": newest.Min, "sum": newest.Sum}[q.filter]
	if value == nil {
		return point{}, fmt.Errorf("the data point has no %s", q.filter)
	}
	return point{*value, time.UnixMilli(newest.Timestamp)}, nil
}

// read makes a reading of a point. What is below 0 counts as that, and is compared
// with the activation as it is.
func (c *Config) read(p point) (scalerkit.Reading, error) {
	r := scalerkit.Reading{Value: max(p.value, 0), Time: p.time}
	if p.value < 0 {
		r.Note = fmt.Sprintf("the value is %v, which counts as 0", p.value)
		if p.value <= c.ActivationTargetMetricValue {
			r.Activity = scalerkit.Inactive
		}
	}
	return r, nil
}

// errMistake is in the chain of an error of which the request is the reason.
var errMistake = errors.New("mistake")

type mistake struct{ error }

func (mistake) Is(target error) bool { return target == errMistake }

// classify is the [httpsource.Classify] for Cloud Eye, and for the gateway before
// it, which has other words.
func classify(status int, h http.Header, body []byte) error {
	var answer struct {
		Message   struct{ Code, Details string }
		ErrorCode string `json:"error_code"`
		ErrorMsg  string `json:"error_msg"`
	}
	_ = json.Unmarshal(body, &answer) // the status says enough if it is no JSON
	said := strings.Trim(answer.Message.Code+answer.ErrorCode+": "+answer.Message.Details+answer.ErrorMsg, ": ")
	if said == "" {
		return nil
	}
	err := httpsource.Refusal(status, h, said)
	if status == http.StatusBadRequest {
		return mistake{err}
	}
	return err
}
