package elasticsearch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// New returns a Scaler on a search in Elasticsearch.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type elasticsearch.
func Driver() scalerkit.Driver { return trigger.Driver() }

// NewOpenSearch returns a Scaler on a search in OpenSearch.
func NewOpenSearch(c OpenSearchConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
	return openSearchTrigger.New(c, o)
}

// OpenSearchDriver returns the driver of the trigger type opensearch.
func OpenSearchDriver() scalerkit.Driver { return openSearchTrigger.Driver() }

const (
	elastic    = "elasticsearch"
	openSearch = "opensearch"
)

var (
	trigger = driver.Type[Config]{Name: elastic, Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return open(elastic, driver.MetricOf(c, elastic, c.metricName()), c.nodes, c.access(), &c.Search, o)
	}}
	openSearchTrigger = driver.Type[OpenSearchConfig]{Name: openSearch, Open: func(c *OpenSearchConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
		return open(openSearch, driver.MetricOf(c, openSearch, c.metricName()), c.Addresses, c.access(), &c.Search, o)
	}}
)

func (s *Search) metricName() string { return cmp.Or(s.Template, "query") }

func open(name string, m scalerkit.Metric, nodes []string, a httpsource.Access, s *Search, o scalerkit.Options) (scalerkit.Scaler, error) {
	source := driver.Source[*cluster, question, []byte]{Name: name, Ask: func(ctx context.Context, c *cluster, questions []question) ([]driver.Answer[[]byte], error) {
		return httpsource.Each(ctx, c.Client, questions, func(ctx context.Context, _ *httpsource.Client, q question) ([]byte, error) {
			return c.search(ctx, q)
		}), nil
	}}
	return source.New(o, driver.Plan[*cluster, question, []byte]{
		Metric:   m,
		Question: s.question,
		Key: struct {
			Nodes  []string
			Access httpsource.Access
		}{nodes, a},
		Open: func(context.Context) (*cluster, error) {
			client, err := httpsource.New(httpsource.Settings{Access: a, Classify: classify}, o)
			return &cluster{Client: client, nodes: nodes}, err
		},
		Read: s.read,
	}), nil
}

// A cluster is a client to one.
type cluster struct {
	*httpsource.Client
	nodes []string
	at    atomic.Int64 // the node that answered last
}

// search asks the node that answered last, and if there is no answer, the others.
func (c *cluster) search(ctx context.Context, q question) ([]byte, error) {
	var silent error
	for first, i := int(c.at.Load()), 0; i < len(c.nodes); i++ {
		node := (first + i) % len(c.nodes)
		response, err := c.Do(ctx, httpsource.Request{
			Method: http.MethodPost, URL: strings.TrimSuffix(c.nodes[node], "/") + q.path, Body: []byte(q.body),
			Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		})
		switch {
		case err == nil:
			c.at.Store(int64(node))
			return response.Body, nil
		case !errors.Is(err, httpsource.ErrNoAnswer) || ctx.Err() != nil:
			return nil, err
		case silent == nil:
			silent = err
		default:
			silent = fmt.Errorf("%w; %w", silent, err)
		}
	}
	return nil, silent
}

// classify finds in an answer what is wrong.
func classify(status int, h http.Header, body []byte) error {
	problem := gjson.GetBytes(body, "error")
	if reason := problem.Get("reason").Str; reason != "" {
		return httpsource.Refusal(status, h, problem.Get("type").Str+": "+reason)
	}
	return nil
}
