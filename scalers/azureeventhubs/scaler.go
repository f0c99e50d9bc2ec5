package azureeventhubs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
	"github.com/scalerkit/scalerkit/internal/each"
)

// A scaler counts the events of a hub that are behind the checkpoints of a
// consumer group.
type scaler struct {
	conn        *scalerkit.Shared[*client]
	store       *scalerkit.Shared[*storage.Client]
	metric      scalerkit.Metric
	hub         string
	group       string
	checkpoints checkpoints
	staleness   int64
}

// Driver returns the driver for trigger type azure-eventhub.
func Driver() scalerkit.Driver { return scalerkit.NewDriver("azure-eventhub", New) }

// New returns a Scaler that counts the unprocessed events of a hub. It does no
// I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("azure-eventhub", &config); err != nil {
		return nil, err
	}
	if err := config.checkHosts(options); err != nil {
		return nil, err
	}
	place, account := config.place(), config.account()
	return &scaler{
		conn: scalerkit.Share(options.Pool, place.namespace, func(ctx context.Context) (*client, error) {
			return open(ctx, place.namespace, options)
		}),
		store: scalerkit.Share(options.Pool, account, func(context.Context) (*storage.Client, error) {
			return storage.Open(account, options, storeConnections)
		}),
		metric: scalerkit.Metric{
			Name:       scalerkit.MetricName("azure-eventhub", config.ConsumerGroup),
			Target:     scalerkit.Target{Kind: config.MetricType, Value: float64(config.UnprocessedEventThreshold)},
			Activation: float64(config.ActivationUnprocessedEventThreshold),
			InFlight:   true, // a checkpoint comes after the work
		},
		hub:         place.hub,
		group:       config.ConsumerGroup,
		checkpoints: newCheckpoints(&config, place),
		staleness:   *config.StalePartitionInfoThreshold,
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return errors.Join(s.conn.Close(), s.store.Close()) }

func (s *scaler) BatchKey() any { return s.conn.ID() }

// A state is what a hub says of its partitions at one time.
type state struct {
	partitions []partition
	time       time.Time
	err        error
}

func readHub(ctx context.Context, c *client, hub string) (s state) {
	s.partitions, s.err = c.partitions(ctx, hub)
	s.time = time.Now()
	return s
}

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	hub, err := scalerkit.Use(ctx, s.conn, func(ctx context.Context, c *client) (state, error) {
		return readHub(ctx, c, s.hub), nil
	})
	if err != nil {
		return scalerkit.Reading{}, s.wrap(err)
	}
	return s.count(ctx, hub)
}

// ReadBatch reads each hub once, however many consumer groups are read.
func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	hubs, err := scalerkit.UseAll(ctx, s.conn, func(ctx context.Context, c *client) (map[string]*state, error) {
		return readHubs(ctx, c, peers), nil
	})
	results := make([]scalerkit.Result, len(peers))
	var wait each.Group
	for i, p := range peers {
		p := p.(*scaler)
		switch {
		case p.conn.IsClosed():
			results[i].Err = scalerkit.ErrClosed
		case err != nil:
			results[i].Err = p.wrap(err)
		default:
			wait.Go(func() { results[i].Reading, results[i].Err = p.count(ctx, *hubs[p.hub]) })
		}
	}
	wait.Wait()
	return results
}

// readHubs reads the hubs of all peers side by side.
func readHubs(ctx context.Context, c *client, peers []scalerkit.Scaler) map[string]*state {
	hubs := make(map[string]*state)
	var wait each.Group
	for _, p := range peers {
		name := p.(*scaler).hub
		if hubs[name] != nil {
			continue
		}
		s := new(state)
		hubs[name] = s
		wait.Go(func() { *s = readHub(ctx, c, name) })
	}
	wait.Wait()
	return hubs
}

// count holds what the hub says against the checkpoints.
func (s *scaler) count(ctx context.Context, hub state) (scalerkit.Reading, error) {
	if hub.err != nil {
		return scalerkit.Reading{}, s.wrap(hub.err)
	}
	var filled []partition // which is where a checkpoint matters
	for _, p := range hub.partitions {
		if p.hasEvents() {
			filled = append(filled, p)
		}
	}
	counts, note := make([]int64, len(filled)), ""
	if len(filled) > 0 {
		done, err := scalerkit.Use(ctx, s.store, func(ctx context.Context, store *storage.Client) (progress, error) {
			return s.checkpoints.read(ctx, store, filled)
		})
		if err != nil {
			return scalerkit.Reading{}, s.wrap(err)
		}
		for i, p := range filled {
			counts[i] = p.unprocessed(done.at[i], s.staleness)
		}
		note = done.note
	}
	return scalerkit.Reading{
		Value: float64(sum(counts)),
		Limit: len(hub.partitions), // within a consumer group, a partition has one reader
		Note:  note,
		Time:  hub.time,
	}, nil
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error {
	if errors.Is(err, scalerkit.ErrClosed) {
		return err
	}
	return fmt.Errorf("read unprocessed events of hub %q for consumer group %q: %w", s.hub, s.group, err)
}
