package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure/workload"
)

// Driver returns the driver for trigger type rabbitmq.
func Driver() scalerkit.Driver { return trigger.Driver() }

// New returns a Scaler that reads a queue, or several together. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// A server is reached by one protocol or the other.
type server interface {
	io.Closer

	// ask returns an answer to each question, in their order.
	ask(context.Context, []question) []answer
}

// A question is what a trigger wants to know of a server.
type question struct {
	vhost    string
	name     string // of the queue, or what matches the names of queues
	regex    bool
	pageSize int // with regex
}

func (q question) String() string {
	if q.regex {
		return fmt.Sprintf("queues that match %q", q.name)
	}
	return fmt.Sprintf("queue %q", q.name)
}

// An answer has one queue, or for a regular expression any number of them.
type answer = driver.Answer[[]queue]

var (
	source = driver.Source[server, question, []queue]{
		Name: "rabbitmq",
		Ask: func(ctx context.Context, s server, questions []question) ([]answer, error) {
			return s.ask(ctx, questions), nil
		},
	}
	trigger = driver.Type[Config]{Name: "rabbitmq", KEDAName: "rabbitMQScaler", Open: open}
)

func open(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	e := c.endpoint
	if e.Resource != "" {
		if err := errors.Join(workload.Check(e.Identity, "host", e.Scheme+"://"+e.Address, options)...); err != nil {
			return nil, err
		}
	}
	mode, target := c.goal()
	m := measure{mode: mode, operation: c.Operation, ready: c.ExcludeUnacknowledged, activation: c.ActivationValue}
	plan := driver.Plan[server, question, []queue]{
		Metric: scalerkit.Metric{
			Name:       driver.MetricName("rabbitmq", url.QueryEscape(c.QueueName)),
			Target:     scalerkit.Target{Kind: c.MetricType, Value: target},
			Activation: c.ActivationValue,
			InFlight:   mode == queueLength && !isAMQP(e.Scheme) && !c.ExcludeUnacknowledged,
		},
		Question: question{vhost: c.vhost, name: c.QueueName, regex: c.UseRegex},
		Read:     m.read,
		Key:      e,
		Open:     func(ctx context.Context) (server, error) { return e.connect(ctx, options) },
	}
	if c.UseRegex {
		plan.Question.pageSize = c.PageSize
	}
	return source.New(options, plan), nil
}

// connect returns a connection to e.
func (e endpoint) connect(ctx context.Context, options scalerkit.Options) (server, error) {
	switch {
	case e.Client != nil && isAMQP(e.Scheme):
		return newBroker(nil, e.Client), nil
	case isAMQP(e.Scheme):
		dial, err := driver.OptionalTLS(e.Access.TLS).Dial(options, dialTimeout)
		if err != nil {
			return nil, err
		}
		return dialBroker(ctx, e, dial)
	}
	settings := httpsource.Settings{Access: e.Access, Connections: requests}
	if e.Resource != "" {
		identity, err := workload.Tokens(e.Identity, e.Resource, options)
		if err != nil {
			return nil, err
		}
		settings.Authenticators = []httpsource.Authenticator{identity}
	}
	client, err := httpsource.New(settings, options)
	if err != nil {
		return nil, err
	}
	return &management{http: client, base: e.Scheme + "://" + e.Address + e.Path + "/api/queues/"}, nil
}
