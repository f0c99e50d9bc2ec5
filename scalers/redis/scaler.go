package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
)

// A scaler is a query and a share in the connection to put it over.
type scaler struct {
	conn   *scalerkit.Shared[client]
	metric scalerkit.Metric
	query  query
}

// New returns a Scaler that reads the size of a key. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("redis", &config); err != nil {
		return nil, err
	}
	return newScaler(config.Server, options, newSizeQuery(config.ListName), scalerkit.Metric{
		Name:       scalerkit.MetricName("redis", config.ListName),
		Target:     scalerkit.Target{Kind: config.MetricType, Value: float64(config.ListLength)},
		Activation: float64(config.ActivationListLength),
	})
}

// NewStreams returns a Scaler that reads a stream. It does no I/O.
func NewStreams(config StreamsConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("redis-streams", &config); err != nil {
		return nil, err
	}
	metric := scalerkit.Metric{
		Name:       scalerkit.MetricName("redis-streams", config.Stream),
		Activation: float64(config.ActivationLagCount),
		InFlight:   true,
	}
	var q query
	var target int64
	switch {
	case config.ConsumerGroup == "":
		q, target = &lengthQuery{config.Stream}, config.StreamLength
	case config.LagCount == 0:
		q, target = &pendingQuery{config.Stream, config.ConsumerGroup}, config.PendingEntriesCount
	default:
		q, target = &lagQuery{stream: config.Stream, group: config.ConsumerGroup}, config.LagCount
		metric.InFlight = false
	}
	metric.Target = scalerkit.Target{Kind: config.MetricType, Value: float64(target)}
	return newScaler(config.Server, options, q, metric)
}

func newScaler(server Server, options scalerkit.Options, q query, metric scalerkit.Metric) (scalerkit.Scaler, error) {
	conn, err := share(server, options)
	if err != nil {
		return nil, err
	}
	return &scaler{conn: conn, metric: metric, query: q}, nil
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

// wrap adds to an error what was being done.
func (s *scaler) wrap(err error) error {
	return fmt.Errorf("read %v: %w", s.query, classify(err))
}

func (s *scaler) reading(value float64, now time.Time) scalerkit.Reading {
	return scalerkit.Reading{Value: value, Time: now}
}

const (
	// maxSteps is more commands than any query takes, unless keys change their
	// type as fast as they are read.
	maxSteps = 4 + maxCounted/minPage

	// maxMoved is how many bytes of data the server copies for one pipeline, so
	// that its replies come in time and fit in memory. A command is sent by
	// itself if it moves more.
	maxMoved = 8 << 20
)

// An open command is one whose reply is still to be read.
type open struct {
	index int // of its scaler
	then  reader
}

// ask puts the queries of all scalers to the server, in one pipeline for each
// step that one of them takes, or more if much data moves.
func ask(ctx context.Context, c client, scalers []*scaler) ([]scalerkit.Result, error) {
	results := make([]scalerkit.Result, len(scalers))
	commands := make([]goredis.Cmder, len(scalers))
	pending := make([]open, len(scalers)) // what is to be known of each command
	for i, s := range scalers {
		commands[i], pending[i] = s.query.begin(ctx), open{i, s.query}
	}
	for range maxSteps {
		further := 0
		for from, to := 0, 0; from < len(pending); from = to {
			to = from + fitting(pending[from:])
			pipeline(ctx, c, commands[from:to])
			now := time.Now()
			for i := from; i < to; i++ {
				p, cmd := pending[i], commands[i]
				commands[i] = nil // what was read is not kept
				value, next, err := p.then.next(ctx, cmd)
				switch {
				case err != nil:
					results[p.index].Err = scalers[p.index].wrap(err)
				case next.cmd != nil:
					commands[further], pending[further] = next.cmd, open{p.index, next.then}
					further++
				default:
					results[p.index].Reading = scalers[p.index].reading(value, now)
				}
			}
		}
		if further == 0 {
			return results, nil
		}
		commands, pending = commands[:further], pending[:further]
	}
	for _, p := range pending {
		results[p.index].Err = scalers[p.index].wrap(errors.New("the key keeps changing its type"))
	}
	return results, nil
}

// fitting returns how many commands, from the first on, go into one pipeline.
func fitting(pending []open) int {
	var moved int64
	for i, p := range pending {
		if b, ok := p.then.(*backlog); ok {
			moved += b.moves
		}
		if moved > maxMoved && i > 0 {
			return i
		}
	}
	return len(pending)
}

// pipeline sends commands together. Each has its own reply or error afterwards.
func pipeline(ctx context.Context, c client, commands []goredis.Cmder) {
	if len(commands) == 1 {
		_ = c.Process(ctx, commands[0]) // the command has the error
		return
	}
	pipe := c.Pipeline()
	_ = pipe.BatchProcess(ctx, commands...) // cannot fail before Exec
	_, err := pipe.Exec(ctx)
	// Where no reply came at all, the client may say so to nobody but us, and
	// commands without an error would pass for zeros.
	if err != nil && !slices.ContainsFunc(commands, func(cmd goredis.Cmder) bool { return cmd.Err() != nil }) {
		for _, cmd := range commands {
			cmd.SetErr(err)
		}
	}
}
