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
	"github.com/scalerkit/scalerkit/scalers/activemq"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/awssqs"
	"github.com/scalerkit/scalerkit/scalers/azureappinsights"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
	"github.com/scalerkit/scalerkit/scalers/azureloganalytics"
	"github.com/scalerkit/scalerkit/scalers/azuremonitor"
	"github.com/scalerkit/scalerkit/scalers/azurepipelines"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
	"github.com/scalerkit/scalerkit/scalers/beanstalkd"
	"github.com/scalerkit/scalerkit/scalers/cron"
	"github.com/scalerkit/scalerkit/scalers/datadog"
	"github.com/scalerkit/scalerkit/scalers/dynatrace"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
	"github.com/scalerkit/scalerkit/scalers/etcd"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/forgejorunner"
	"github.com/scalerkit/scalerkit/scalers/gcpcloudtasks"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
	"github.com/scalerkit/scalerkit/scalers/gcpstackdriver"
	"github.com/scalerkit/scalerkit/scalers/gcpstorage"
	"github.com/scalerkit/scalerkit/scalers/githubrunner"
	"github.com/scalerkit/scalerkit/scalers/graphite"
	"github.com/scalerkit/scalerkit/scalers/huaweicloudeye"
	"github.com/scalerkit/scalerkit/scalers/influxdb"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/gssapi"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/liiklus"
	"github.com/scalerkit/scalerkit/scalers/loki"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
	"github.com/scalerkit/scalerkit/scalers/mongodb"
	"github.com/scalerkit/scalerkit/scalers/mssql"
	"github.com/scalerkit/scalerkit/scalers/mysql"
	"github.com/scalerkit/scalerkit/scalers/nats"
	"github.com/scalerkit/scalerkit/scalers/newrelic"
	"github.com/scalerkit/scalerkit/scalers/nsq"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
	"github.com/scalerkit/scalerkit/scalers/pulsar"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/scalers/redis"
	"github.com/scalerkit/scalerkit/scalers/seleniumgrid"
	"github.com/scalerkit/scalerkit/scalers/temporal"
)

// A Cluster is what a program that has access to a cluster of Kubernetes has for
// drivers, which have none by themselves. Each may be nil.
type Cluster struct {
	Endpoints metricsapi.Lookup  // finds the endpoints of Services
	Objects   kubernetes.Cluster // watches pods, ConfigMaps and Secrets
}

// Registry returns a Registry of every driver.
func Registry() *scalerkit.Registry { return RegistryWith(Cluster{}) }

// RegistryWith is like Registry for a program with access to a cluster.
func RegistryWith(cluster Cluster) *scalerkit.Registry {
	return scalerkit.NewRegistry(drivers(cluster)...)
}

// Drivers returns every driver.
func Drivers() []scalerkit.Driver { return drivers(Cluster{}) }

// drivers is the one place where a source is listed: README.md and
// docs/triggers/ are generated from it.
func drivers(cluster Cluster) []scalerkit.Driver {
	return []scalerkit.Driver{
		activemq.Driver(),
		activemq.ArtemisDriver(),
		awscloudwatch.Driver(),
		awsdynamodb.Driver(),
		awsdynamodb.StreamsDriver(),
		awskinesis.Driver(),
		awssqs.Driver(),
		azureappinsights.Driver(),
		azureblob.Driver(),
		azureeventhubs.Driver(),
		azureloganalytics.Driver(),
		azuremonitor.Driver(),
		azurepipelines.Driver(),
		azurequeue.Driver(),
		azureservicebus.Driver(),
		beanstalkd.Driver(),
		cron.Driver(),
		datadog.Driver(),
		dynatrace.Driver(),
		elasticsearch.Driver(),
		elasticsearch.OpenSearchDriver(),
		etcd.Driver(),
		external.Driver(),
		external.PushDriver(),
		forgejorunner.Driver(),
		gcpcloudtasks.Driver(),
		gcppubsub.Driver(),
		gcpstackdriver.Driver(),
		gcpstorage.Driver(),
		githubrunner.Driver(),
		graphite.Driver(),
		huaweicloudeye.Driver(),
		influxdb.Driver(),
		mskiam.Driver(func(c *kafka.Config) { c.Kerberos.GSSAPI, c.OAuth.Tokens = gssapi.Mechanisms, azuretoken.Tokens }),
		mskiam.ApacheDriver(func(c *kafka.ApacheConfig) { c.Kerberos.GSSAPI, c.OAuth.Tokens = gssapi.Mechanisms, azuretoken.Tokens }),
		kubernetes.Driver(cluster.Objects),
		kubernetes.ResourceDriver(cluster.Objects),
		liiklus.Driver(),
		loki.Driver(),
		metricsapi.Driver(cluster.Endpoints),
		mongodb.Driver(),
		mssql.Driver(func(c *mssql.Config) { c.Tokens = azuretoken.Tokens }),
		mysql.Driver(),
		nats.Driver(),
		newrelic.Driver(),
		nsq.Driver(),
		postgresql.Driver(func(c *postgresql.Config) { c.Tokens = azuretoken.Tokens }),
		prometheus.Driver(awsidentity.Identities(), azureidentity.Identities(), googleidentity.Identities()),
		pulsar.Driver(),
		rabbitmq.Driver(),
		redis.Driver(func(c *redis.Config) { c.Tokens = azuretoken.Tokens }),
		redis.ClusterDriver(func(c *redis.Config) { c.Tokens = azuretoken.Tokens }),
		redis.SentinelDriver(),
		redis.StreamsDriver(func(c *redis.StreamsConfig) { c.Tokens = azuretoken.Tokens }),
		redis.ClusterStreamsDriver(func(c *redis.StreamsConfig) { c.Tokens = azuretoken.Tokens }),
		redis.SentinelStreamsDriver(),
		seleniumgrid.Driver(),
		temporal.Driver(),
	}
}
