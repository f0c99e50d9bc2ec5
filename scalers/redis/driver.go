package redis

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Driver returns the driver for trigger type redis: the size of a key on one
// server. What a trigger cannot say, such as who has the tokens of identities, the
// functions set, here and in the drivers below.
func Driver(set ...func(*Config)) scalerkit.Driver {
	return sizes("redis", Standalone).Driver(set...)
}

// ClusterDriver returns the driver for trigger type redis-cluster.
func ClusterDriver(set ...func(*Config)) scalerkit.Driver {
	return sizes("redis-cluster", Cluster).Driver(set...)
}

// SentinelDriver returns the driver for trigger type redis-sentinel.
func SentinelDriver(set ...func(*Config)) scalerkit.Driver {
	return sizes("redis-sentinel", Sentinel).Driver(set...)
}

// StreamsDriver returns the driver for trigger type redis-streams: a stream on
// one server.
func StreamsDriver(set ...func(*StreamsConfig)) scalerkit.Driver {
	return streams("redis-streams", Standalone).Driver(set...)
}

// ClusterStreamsDriver returns the driver for trigger type
// redis-cluster-streams.
func ClusterStreamsDriver(set ...func(*StreamsConfig)) scalerkit.Driver {
	return streams("redis-cluster-streams", Cluster).Driver(set...)
}

// SentinelStreamsDriver returns the driver for trigger type
// redis-sentinel-streams.
func SentinelStreamsDriver(set ...func(*StreamsConfig)) scalerkit.Driver {
	return streams("redis-sentinel-streams", Sentinel).Driver(set...)
}

// New returns a Scaler that reads the size of a key. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return sizes("redis", config.Deployment).New(config, options)
}

// NewStreams returns a Scaler that reads a stream. It does no I/O.
func NewStreams(config StreamsConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	return streams("redis-streams", config.Deployment).New(config, options)
}

// sizes is the trigger type that reads the size of a key.
func sizes(name string, deployment Deployment) driver.Type[Config] {
	return driver.Type[Config]{
		Name:     name,
		KEDAName: "redisScaler",
		Prepare:  func(c *Config) { c.Deployment = deployment },
		Open: func(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
			return open(&c.Server, options, question{of: size, key: c.ListName}, driver.MetricOf(c, "redis", c.ListName))
		},
	}
}

// streams is the trigger type that reads a stream.
func streams(name string, deployment Deployment) driver.Type[StreamsConfig] {
	return driver.Type[StreamsConfig]{
		Name:     name,
		KEDAName: "redisStreamsScaler",
		Prepare:  func(c *StreamsConfig) { c.Deployment = deployment },
		Open: func(c *StreamsConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
			q, target := question{of: lag, key: c.Stream, group: c.ConsumerGroup}, c.LagCount
			switch {
			case c.ConsumerGroup == "":
				q.of, target = length, c.StreamLength
			case c.LagCount == 0:
				q.of, target = pending, c.PendingEntriesCount
			}
			metric := driver.MetricOf(c, "redis-streams", c.Stream)
			metric.Target.Value, metric.InFlight = float64(target), q.of != lag
			return open(&c.Server, options, q, metric)
		},
	}
}

var source = driver.Source[*client, question, int64]{Name: "redis", Ask: ask, Classify: classify}

func open(s *Server, options scalerkit.Options, q question, metric scalerkit.Metric) (scalerkit.Scaler, error) {
	if s.Identity.IsSet() { // whatever is wrong with it is told now
		tokens, err := s.Tokens.Open(s.Identity, azureScope, options)
		if err != nil {
			return nil, err
		}
		if err := tokens.Close(); err != nil {
			return nil, err
		}
	}
	return source.New(options, driver.Plan[*client, question, int64]{
		Metric:   metric,
		Question: q,
		Key:      *s,
		Open:     func(context.Context) (*client, error) { return s.open(options) },
	}), nil
}
