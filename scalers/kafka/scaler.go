package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A scaler is a query and a share in the client to put it to.
type scaler struct {
	client *scalerkit.Shared[*client]
	metric scalerkit.Metric
	rules  Lag
	query  query
	memory memory
}

// New returns a Scaler that reads the lag of a consumer group. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("kafka", &config); err != nil {
		return nil, err
	}
	if len(config.Topics) == 0 {
		config.PartitionLimitation = "" // KEDA has it only with a topic
	}
	return newScaler(&config.Cluster, &config.Lag, options)
}

// NewApache returns a Scaler that reads the lag of a consumer group by the
// rules of trigger type apache-kafka. It does no I/O.
func NewApache(config ApacheConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("apache-kafka", &config); err != nil {
		return nil, err
	}
	return newScaler(&config.Cluster, &config.Lag, options)
}

func newScaler(cluster *Cluster, rules *Lag, options scalerkit.Options) (scalerkit.Scaler, error) {
	client, err := share(cluster, options)
	if err != nil {
		return nil, err
	}
	only, err := parsePartitions(rules.PartitionLimitation)
	if err != nil {
		return nil, err
	}
	end := logEnd
	if rules.IsolationLevel == "read_committed" {
		end = logStable
	}
	name := scalerkit.MetricName("kafka", strings.Join(rules.Topics, ","))
	if len(rules.Topics) == 0 {
		name = scalerkit.MetricName("kafka", rules.ConsumerGroup, "topics")
	}
	return &scaler{
		client: client,
		metric: scalerkit.Metric{
			Name:       name,
			Target:     scalerkit.Target{Kind: rules.MetricType, Value: float64(rules.LagThreshold)},
			Activation: float64(rules.ActivationThreshold),
			InFlight:   true,
		},
		rules: *rules,
		query: query{
			group:  rules.ConsumerGroup,
			topics: slices.Compact(slices.Sorted(slices.Values(rules.Topics))),
			only:   only,
			end:    end,
		},
	}, nil
}

func (s *scaler) Metric() scalerkit.Metric { return s.metric }

func (s *scaler) Close() error { return s.client.Close() }

func (s *scaler) BatchKey() any { return s.client.ID() }

// IsClosed implements scalerkit.Sharer.
func (s *scaler) IsClosed() bool { return s.client.IsClosed() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	return scalerkit.ReadShared(ctx, s.client, s, read, (*scaler).wrap)
}

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return scalerkit.ReadSharedBatch(ctx, s.client, peers, read, (*scaler).wrap)
}

// read puts the queries of all scalers to the brokers at once.
func read(ctx context.Context, client *client, scalers []*scaler) ([]scalerkit.Result, error) {
	queries := make([]*query, len(scalers))
	for i, s := range scalers {
		queries[i] = &s.query
	}
	round, err := client.ask(ctx, queries)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	results := make([]scalerkit.Result, len(scalers))
	var positions []position
	for i, s := range scalers {
		if positions, err = round.positions(positions[:0], &s.query); err != nil {
			results[i].Err = s.wrap(err)
		} else {
			results[i].Reading = s.reading(positions, now)
		}
	}
	return results, nil
}

func (s *scaler) reading(positions []position, now time.Time) scalerkit.Reading {
	stuck := func(position) bool { return false }
	if s.rules.ExcludePersistentLag {
		stuck = s.memory.observe(positions, now)
	}
	r, all := s.rules.level(positions, stuck)
	r.Time = now
	if all > s.metric.Activation {
		r.Activity = scalerkit.Active
	}
	return r
}

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error {
	return fmt.Errorf("read %v: %w", &s.query, err)
}
