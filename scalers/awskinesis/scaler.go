package awskinesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
)

// Driver returns the driver for trigger type aws-kinesis-stream.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("aws-kinesis-stream", New) }

// A question is what one trigger asks. It is comparable: equal questions have
// equal answers.
type question struct {
	stream     string
	leaseTable string // with it, how far its consumer is behind; without it, the open shards
}

// String says what is read, for errors.
func (q question) String() string {
	if q.leaseTable != "" {
		return fmt.Sprintf("iterator age of consumer %q of stream %q", q.leaseTable, q.stream)
	}
	return fmt.Sprintf("open shards of stream %q", q.stream)
}

type answer struct {
	value float64
	err   error
}

// A scaler is a question and a share in the client to ask with.
type scaler struct {
	client   *scalerkit.Shared[*client]
	question question
	metric   scalerkit.Metric
}

// New returns a Scaler that reads a stream. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("aws-kinesis-stream", &config); err != nil {
		return nil, err
	}
	return &scaler{
		client:   share(config.Account, config.LeaseTableEndpoint, options),
		question: config.question(),
		metric:   config.metric(),
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.client.Close() }

func (s *scaler) BatchKey() any { return s.client.ID() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	a, err := scalerkit.Use(ctx, s.client, func(ctx context.Context, c *client) (answer, error) {
		return c.ask(ctx, []question{s.question})[0], nil
	})
	if err != nil {
		a.err = err
	}
	result := s.result(a)
	return result.Reading, result.Err
}

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	questions := make([]question, len(peers))
	for i, p := range peers {
		questions[i] = p.(*scaler).question
	}
	answers, err := scalerkit.UseAll(ctx, s.client, func(ctx context.Context, c *client) ([]answer, error) {
		return c.ask(ctx, questions), nil
	})
	results := make([]scalerkit.Result, len(peers))
	for i, p := range peers {
		p := p.(*scaler)
		switch {
		case p.client.IsClosed():
			results[i].Err = scalerkit.ErrClosed
		case err != nil:
			results[i] = p.result(answer{err: err})
		default:
			results[i] = p.result(answers[i])
		}
	}
	return results
}

// result makes a reading of an answer.
func (s *scaler) result(a answer) scalerkit.Result {
	if errors.Is(a.err, scalerkit.ErrClosed) {
		return scalerkit.Result{Err: a.err}
	}
	if a.err != nil {
		return scalerkit.Result{Err: fmt.Errorf("read %v: %w", s.question, a.err)}
	}
	return scalerkit.Result{Reading: scalerkit.Reading{Value: a.value, Active: a.value > s.metric.Activation, Time: time.Now()}}
}
