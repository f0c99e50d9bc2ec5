// Package all lists every driver of this module. A program that imports it
// links the client libraries of all sources; one that needs a few lists their
// drivers itself.
package all

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource/awsidentity"
	"github.com/scalerkit/scalerkit/driver/httpsource/azureidentity"
	"github.com/scalerkit/scalerkit/driver/httpsource/googleidentity"
	"github.com/scalerkit/scalerkit/driver/sqlsource/azuretoken"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
	"github.com/scalerkit/scalerkit/scalers/cron"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// Registry returns a Registry of every driver.
func Registry() *scalerkit.Registry { return scalerkit.NewRegistry(Drivers()...) }

// Drivers returns every driver. This is the one place where a source is listed:
// README.md and docs/triggers/ are generated from it.
func Drivers() []scalerkit.Driver {
	return []scalerkit.Driver{
		awscloudwatch.Driver(),
		awskinesis.Driver(),
		azureblob.Driver(),
		azureeventhubs.Driver(),
		azureservicebus.Driver(),
		cron.Driver(),
		mskiam.Driver(),
		mskiam.ApacheDriver(),
		metricsapi.Driver(nil),
		postgresql.Driver(func(c *postgresql.Config) { c.Tokens = azuretoken.Tokens }),
		prometheus.Driver(awsidentity.Identities(), azureidentity.Identities(), googleidentity.Identities()),
		rabbitmq.Driver(),
		redis.Driver(),
		redis.ClusterDriver(),
		redis.SentinelDriver(),
		redis.StreamsDriver(),
		redis.ClusterStreamsDriver(),
		redis.SentinelStreamsDriver(),
	}
}
