package azureservicebus

import (
	"context"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A scaler is a query and a share in the client to put it through.
type scaler struct {
	conn   *scalerkit.Shared[*client]
	metric scalerkit.Metric
	query  *query
}

// Driver returns the driver for trigger type azure-servicebus.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("azure-servicebus", New) }

// New returns a Scaler that reads the number of messages in queues or
// subscriptions. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("azure-servicebus", &config); err != nil {
		return nil, err
	}
	if err := config.checkHosts(options); err != nil {
		return nil, err
	}
	a := config.access()
	return &scaler{
		conn: scalerkit.Share(options.Pool, a, func(context.Context) (*client, error) {
			return open(a, options)
		}),
		metric: config.metric(),
		query:  newQuery(&config),
	}, nil
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

// ask puts the queries of all scalers at once.
func ask(ctx context.Context, c *client, scalers []*scaler) ([]scalerkit.Result, error) {
	queries := make([]*query, len(scalers))
	for i, s := range scalers {
		queries[i] = s.query
	}
	outcomes, now := c.read(ctx, queries), time.Now()
	results := make([]scalerkit.Result, len(scalers))
	for i, s := range scalers {
		results[i] = s.result(outcomes[i], now)
	}
	return results, nil
}

func (s *scaler) result(o outcome, now time.Time) scalerkit.Result {
	if o.err != nil {
		return scalerkit.Result{Err: s.wrap(o.err)}
	}
	return scalerkit.Result{Reading: scalerkit.Reading{Value: o.value, Note: o.note, Time: now}}
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error { return fmt.Errorf("read %v: %w", s.query, err) }
