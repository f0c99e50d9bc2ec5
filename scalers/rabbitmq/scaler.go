package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/workload"
	"github.com/scalerkit/scalerkit/internal/httpx"
	"github.com/scalerkit/scalerkit/internal/tlsconf"
)

// Driver returns the driver for trigger type rabbitmq.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("rabbitmq", New) }

// A source is a server, reached by one protocol or the other.
type source interface {
	io.Closer

	// ask returns an answer to each question, in their order.
	ask(context.Context, []question) []answer
}

// A question is comparable: equal questions have equal answers.
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
type answer struct {
	queues []queue
	err    error
}

func (a answer) isKnown() bool { return a.queues != nil || a.err != nil }

// A scaler is a question, what to make of the answer, and a share in the
// connection to ask over.
type scaler struct {
	conn     *scalerkit.Shared[source]
	question question
	measure  measure
	metric   scalerkit.Metric
}

// New returns a Scaler that reads a queue, or several together. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("rabbitmq", &config); err != nil {
		return nil, err
	}
	e, vhost, err := config.resolve()
	if err != nil {
		return nil, err
	}
	if e.resource != "" {
		if err := errors.Join(workload.Check(e.identity, "host", e.scheme+"://"+e.address, options)...); err != nil {
			return nil, err
		}
	}
	conn, err := share(e, options)
	if err != nil {
		return nil, err
	}
	mode, target := config.goal()
	s := &scaler{
		conn:     conn,
		question: question{vhost: vhost, name: config.QueueName, regex: config.UseRegex},
		measure:  measure{mode: mode, operation: config.Operation, ready: config.ExcludeUnacknowledged},
		metric: scalerkit.Metric{
			Name:       scalerkit.MetricName("rabbitmq", url.QueryEscape(config.QueueName)),
			Target:     scalerkit.Target{Kind: config.MetricType, Value: target},
			Activation: config.ActivationValue,
			InFlight:   mode == queueLength && !isAMQP(e.scheme) && !config.ExcludeUnacknowledged,
		},
	}
	if config.UseRegex {
		s.question.pageSize = config.PageSize
	}
	return s, nil
}

// share returns a share in the connection to e.
func share(e endpoint, options scalerkit.Options) (*scalerkit.Shared[source], error) {
	config, err := tlsconf.New(e.tls, options.TLSConfig)
	if err != nil {
		return nil, err
	}
	if e.scheme == "amqp" {
		config = nil
	}
	return scalerkit.Share(options.Pool, e, func(ctx context.Context) (source, error) {
		if isAMQP(e.scheme) {
			return dialBroker(ctx, e, tlsconf.Dial(options.Dial, config, dialTimeout))
		}
		access := e.access
		if e.resource != "" {
			var err error
			if access.OAuth2, err = workload.OAuth2(e.identity, e.resource); err != nil {
				return nil, err
			}
		}
		return newManagement(e, httpx.New(access, config, options)), nil
	}), nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.conn.Close() }

func (s *scaler) BatchKey() any { return s.conn.ID() }

// IsClosed implements scalerkit.Sharer.
func (s *scaler) IsClosed() bool { return s.conn.IsClosed() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	return scalerkit.ReadShared(ctx, s.conn, s, ask, (*scaler).wrap)
}

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return scalerkit.ReadSharedBatch(ctx, s.conn, peers, ask, (*scaler).wrap)
}

// ask puts the questions of all scalers at once.
func ask(ctx context.Context, src source, scalers []*scaler) ([]scalerkit.Result, error) {
	questions := make([]question, len(scalers))
	for i, s := range scalers {
		questions[i] = s.question
	}
	answers := src.ask(ctx, questions)
	results := make([]scalerkit.Result, len(scalers))
	for i, s := range scalers {
		results[i] = s.result(answers[i])
	}
	return results, nil
}

// result makes a reading of an answer.
func (s *scaler) result(a answer) scalerkit.Result {
	l, err := levels{}, a.err
	if err == nil {
		l, err = s.measure.of(a.queues)
	}
	if err != nil {
		return scalerkit.Result{Err: s.wrap(err)}
	}
	r := scalerkit.Reading{Value: l.value(s.measure.mode), Time: time.Now()}
	if l.active(s.measure.mode, s.metric.Activation) {
		r.Activity = scalerkit.Active
	}
	return scalerkit.Result{Reading: r}
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error { return fmt.Errorf("read %v: %w", s.question, err) }
