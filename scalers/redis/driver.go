package redis

import "github.com/scalerkit/scalerkit"

// Driver returns the driver for trigger type redis: the size of a key on one
// server.
func Driver() scalerkit.Driver { return sizeDriver("redis", Standalone) }

// ClusterDriver returns the driver for trigger type redis-cluster.
func ClusterDriver() scalerkit.Driver { return sizeDriver("redis-cluster", Cluster) }

// SentinelDriver returns the driver for trigger type redis-sentinel.
func SentinelDriver() scalerkit.Driver { return sizeDriver("redis-sentinel", Sentinel) }

// StreamsDriver returns the driver for trigger type redis-streams: a stream on
// one server.
func StreamsDriver() scalerkit.Driver { return streamsDriver("redis-streams", Standalone) }

// ClusterStreamsDriver returns the driver for trigger type
// redis-cluster-streams.
func ClusterStreamsDriver() scalerkit.Driver { return streamsDriver("redis-cluster-streams", Cluster) }

// SentinelStreamsDriver returns the driver for trigger type
// redis-sentinel-streams.
func SentinelStreamsDriver() scalerkit.Driver {
	return streamsDriver("redis-sentinel-streams", Sentinel)
}

func sizeDriver(name string, deployment Deployment) scalerkit.Driver {
	return scalerkit.NewDriver(name, func(c Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		c.Deployment = deployment
		return New(c, o)
	})
}

func streamsDriver(name string, deployment Deployment) scalerkit.Driver {
	return scalerkit.NewDriver(name, func(c StreamsConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
		c.Deployment = deployment
		return NewStreams(c, o)
	})
}
