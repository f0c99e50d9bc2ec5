package azureeventhubs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
	"github.com/scalerkit/scalerkit/internal/azure/storage/blobs"
	"github.com/scalerkit/scalerkit/internal/pool"
)

// New returns a Scaler that counts the unprocessed events of a hub. It does no
// I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type azure-eventhub.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = driver.Source[*connection, question, answer]{Name: "azure-eventhub", Ask: ask}
	trigger = driver.Type[Config]{Name: "azure-eventhub", KEDAName: "azureEventHubScaler", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		to, metric := c.ends, driver.MetricOf(c, "azure-eventhub", c.ConsumerGroup)
		metric.InFlight = true // a checkpoint comes after the work
		return source.New(o, driver.Plan[*connection, question, answer]{
			Metric:   metric,
			Question: c.question(),
			Key:      to,
			Open:     func(context.Context) (*connection, error) { return to.open(o), nil },
			Read:     c.count,
		}), nil
	}}
)

// ends are where the hubs of one namespace and their checkpoints are.
type ends struct {
	namespace azure.Access
	account   storage.Account
}

// A connection leads to both ends. Each of them may be shared with connections
// that have another one at the other end, and is opened when it is needed.
type connection struct {
	hubs  *pool.Shared[*client]
	store *pool.Shared[blobs.Client]
}

func (e ends) open(o scalerkit.Options) *connection {
	return &connection{
		hubs: pool.Share(o.Pool, e.namespace, func(ctx context.Context) (*client, error) { return open(ctx, e.namespace, o) }),
		store: pool.Share(o.Pool, e.account, func(context.Context) (blobs.Client, error) {
			return blobs.Open(e.account, o, storeConnections)
		}),
	}
}

// Close implements io.Closer.
func (c *connection) Close() error { return errors.Join(c.hubs.Close(), c.store.Close()) }

// A question is what one trigger asks.
type question struct {
	hub string
	checkpoints
}

func (q question) String() string {
	return fmt.Sprintf("unprocessed events of hub %q for consumer group %q", q.hub, q.group)
}

// A state is what a hub says of its partitions at one time.
type state struct {
	partitions []partition
	time       time.Time
}

// An answer is a state, and how far the consumer group is.
type answer struct {
	state
	filled []partition // which is where a checkpoint matters
	progress
}

// ask reads each hub once, however many consumer groups are asked about.
func ask(ctx context.Context, c *connection, questions []question) ([]driver.Answer[answer], error) {
	names := make([]string, len(questions))
	for i, q := range questions {
		names[i] = q.hub
	}
	slices.Sort(names)
	names = slices.Compact(names)
	states, err := pool.Use(ctx, c.hubs, func(ctx context.Context, c *client) ([]driver.Answer[state], error) {
		return driver.Each(ctx, len(names), names, c.state), nil
	})
	if err != nil {
		return nil, err
	}
	return driver.Each(ctx, len(questions), questions, func(ctx context.Context, q question) (answer, error) {
		i, _ := slices.BinarySearch(names, q.hub)
		if states[i].Err != nil {
			return answer{}, states[i].Err
		}
		return c.answer(ctx, q, states[i].Value)
	}), nil
}

// answer holds checkpoints against what the hub says.
func (c *connection) answer(ctx context.Context, q question, s state) (a answer, err error) {
	a.state = s
	for _, p := range s.partitions {
		if p.hasEvents() {
			a.filled = append(a.filled, p)
		}
	}
	if len(a.filled) > 0 {
		a.progress, err = pool.Use(ctx, c.store, func(ctx context.Context, store blobs.Client) (progress, error) {
			return q.read(ctx, store, a.filled)
		})
	}
	return a, err
}

// count makes a reading of an answer.
func (c *Config) count(a answer) (scalerkit.Reading, error) {
	counts := make([]int64, len(a.filled))
	for i, p := range a.filled {
		counts[i] = p.unprocessed(a.at[i], *c.StalePartitionInfoThreshold)
	}
	return scalerkit.Reading{
		Value: float64(sum(counts)),
		Limit: len(a.partitions), // within a consumer group, a partition has one reader
		Note:  a.note,
		Time:  a.time,
	}, nil
}
