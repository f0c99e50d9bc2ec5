package azureblob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
	"github.com/scalerkit/scalerkit/internal/each"
)

// connections is how many an account's client holds, and so how many
// containers are listed at a time.
const connections = 8

// A scaler is a query and a share in the client to put it through.
type scaler struct {
	conn   *scalerkit.Shared[*storage.Client]
	metric scalerkit.Metric
	query  query
}

// Driver returns the driver for trigger type azure-blob.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("azure-blob", New) }

// New returns a Scaler that counts the blobs in a container. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("azure-blob", &config); err != nil {
		return nil, err
	}
	if err := config.checkHosts(options); err != nil {
		return nil, err
	}
	account := config.account()
	return &scaler{
		conn: scalerkit.Share(options.Pool, account, func(context.Context) (*storage.Client, error) {
			return storage.Open(account, options, connections)
		}),
		query: newQuery(&config),
		metric: scalerkit.Metric{
			Name:       scalerkit.MetricName("azure-blob", config.BlobContainerName),
			Target:     scalerkit.Target{Kind: config.MetricType, Value: float64(config.BlobCount)},
			Activation: float64(config.ActivationBlobCount),
			InFlight:   true, // a blob is there until whoever works on it is done
		},
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.conn.Close() }

func (s *scaler) BatchKey() any { return s.conn.ID() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	r, err := scalerkit.Use(ctx, s.conn, s.read)
	return r, s.wrap(err)
}

// read counts the blobs.
func (s *scaler) read(ctx context.Context, client *storage.Client) (scalerkit.Reading, error) {
	n, err := s.query.count(ctx, client.Container(s.query.container))
	if err != nil {
		return scalerkit.Reading{}, client.Explain(err)
	}
	value := float64(n)
	return scalerkit.Reading{Value: value, Time: time.Now()}, nil
}

// ReadBatch reads the containers side by side, as many at a time as there are
// connections.
func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	results := make([]scalerkit.Result, len(peers))
	each.Do(len(peers), connections, func(i int) {
		results[i].Reading, results[i].Err = peers[i].Read(ctx)
	})
	return results
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error {
	if err == nil || errors.Is(err, scalerkit.ErrClosed) {
		return err
	}
	return fmt.Errorf("read %v: %w", &s.query, err)
}
