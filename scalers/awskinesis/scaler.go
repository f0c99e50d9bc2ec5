package awskinesis

import (
	"context"
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
	value   float64
	awaited string // a shard whose recent records call for a replica; empty: there is none
	err     error
}

// A scaler is a question and a share in the client to ask with.
type scaler struct {
	client   *scalerkit.Shared[*client]
	question question
	metric   scalerkit.Metric
}

// New returns a Scaler that reads a stream. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return newScaler(config, options, time.Now)
}

// newScaler is like New, with the time that ages are reckoned from.
func newScaler(config Config, options scalerkit.Options, now func() time.Time) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("aws-kinesis-stream", &config); err != nil {
		return nil, err
	}
	return &scaler{
		client:   share(config.Account, config.LeaseTableEndpoint, options, now),
		question: config.question(),
		metric:   config.metric(),
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.client.Close() }

func (s *scaler) BatchKey() any { return s.client.ID() }

// IsClosed implements scalerkit.Sharer.
func (s *scaler) IsClosed() bool { return s.client.IsClosed() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	return scalerkit.ReadShared(ctx, s.client, s, ask, (*scaler).wrap)
}

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return scalerkit.ReadSharedBatch(ctx, s.client, peers, ask, (*scaler).wrap)
}

// ask puts the questions of all scalers at once.
func ask(ctx context.Context, c *client, scalers []*scaler) ([]scalerkit.Result, error) {
	questions := make([]question, len(scalers))
	for i, s := range scalers {
		questions[i] = s.question
	}
	answers := c.ask(ctx, questions)
	results := make([]scalerkit.Result, len(scalers))
	for i, s := range scalers {
		results[i] = s.result(answers[i])
	}
	return results, nil
}

// result makes a reading of an answer.
func (s *scaler) result(a answer) scalerkit.Result {
	if a.err != nil {
		return scalerkit.Result{Err: s.wrap(a.err)}
	}
	r := scalerkit.Reading{Value: a.value, Time: time.Now()}
	if a.awaited != "" {
		r.Activity = scalerkit.Active
		r.Note = fmt.Sprintf("records arrived in the last %.0f minutes in shard %s, which consumer %q is to begin with at the tip: they call for one replica", wake.Minutes(), a.awaited, s.question.leaseTable)
		if a.value == 0 {
			r.Limit = 1
		}
	}
	return scalerkit.Result{Reading: r}
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error { return fmt.Errorf("read %v: %w", s.question, err) }
