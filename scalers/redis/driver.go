package redis

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Driver returns the driver for trigger type redis: the size of a key on one
// server.
func Driver() scalerkit.Driver { return sizes("redis", Standalone).Driver() }

// ClusterDriver returns the driver for trigger type redis-cluster.
func ClusterDriver() scalerkit.Driver { return sizes("redis-cluster", Cluster).Driver() }

// SentinelDriver returns the driver for trigger type redis-sentinel.
func SentinelDriver() scalerkit.Driver { return sizes("redis-sentinel", Sentinel).Driver() }

// StreamsDriver returns the driver for trigger type redis-streams: a stream on
// one server.
func StreamsDriver() scalerkit.Driver { return streams("redis-streams", Standalone).Driver() }

// ClusterStreamsDriver returns the driver for trigger type
// redis-cluster-streams.
func ClusterStreamsDriver() scalerkit.Driver {
	return streams("redis-cluster-streams", Cluster).Driver()
}

// SentinelStreamsDriver returns the driver for trigger type
// redis-sentinel-streams.
func SentinelStreamsDriver() scalerkit.Driver {
	return streams("redis-sentinel-streams", Sentinel).Driver()
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
			return open(&c.Server, options, question{of: size, key: c.ListName}, driver.MetricOf(c, "redis", c.ListName)), nil
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
			return open(&c.Server, options, q, metric), nil
		},
	}
}

var source = driver.Source[*client, question, int64]{Name: "redis", Ask: ask, Classify: classify}

func open(s *Server, options scalerkit.Options, q question, metric scalerkit.Metric) scalerkit.Scaler {
	return source.New(options, driver.Plan[*client, question, int64]{
		Metric:   metric,
		Question: q,
		Key:      *s,
		Open:     func(context.Context) (*client, error) { return s.open(options) },
	})
}
