package main

import (
	"context"
	"fmt"
	"strings"
)

// A server is one thing that tests can ask for.
type server struct {
	name  string
	doc   string // for -list
	needs debian

	// start starts the server's processes through h and returns when they
	// answer. The caller ends them, also after an error.
	start func(ctx context.Context, h *host) (started, error)
}

// started says what was started and how to reach it.
type started struct {
	version string
	vars    map[string]string // the environment of the command
}

// servers are all that there are. A new one is a file with its start function
// and a line here.
var servers = []server{
	{"redis", "one server: password, ACL user, TLS", redisPackages, startRedis},
	{"redis-cluster", "three masters", redisPackages, startRedisCluster},
	{"redis-sentinel", "a sentinel, a master and a replica", redisPackages, startRedisSentinel},
	{"rabbitmq", "one node with the management plugin, TLS", rabbitPackages, startRabbitMQ},
	{"kafka", "one node, broker and controller, open and with SASL", mavenPackages, startKafka},
	{"kafka-kerberos", "a KDC and one node that it vouches for", kerberosPackages, startKafkaKerberos},
	{"postgresql", "one server: password, TLS; and PgBouncer before it", postgresPackages, startPostgreSQL},
	{"mariadb", "one server: password, TLS", mariadbPackages, startMariaDB},
	{"prometheus", "one server: password, TLS, remote write", prometheusPackages, startPrometheus},
	{"influxdb", "one server of version 1: tokens", influxPackages, startInfluxDB},
	{"opensearch", "one node, open", mavenPackages, startOpenSearch},
	{"selenium", "a Selenium Grid with one node: password", mavenPackages, startSelenium},
	{"azurite", "Azure Storage, blobs and queues", npmPackages, startAzurite},
	{"kinesis", "Amazon Kinesis Data Streams", npmPackages, startKinesis},
	{"dynamodb", "Amazon DynamoDB", npmPackages, startDynamoDB},
	{"sqs", "Amazon SQS", npmPackages, startSQS},
	{"gcs", "Google's Cloud Storage", debian{}, startGCS},
	{"etcd", "a cluster of one", debian{}, startEtcd},
	{"mongodb", "FerretDB, which speaks the protocol", debian{}, startMongoDB},
	{"nats", "one node with JetStream", debian{}, startNATS},
	{"nats-cluster", "three nodes with JetStream", debian{}, startNATSCluster},
	{"nsq", "nsqlookupd and two nsqd", debian{}, startNSQ},
	{"activemq", "one broker with Jolokia", mavenPackages, startActiveMQ},
	{"artemis", "one broker with Jolokia", mavenPackages, startArtemis},
	{"beanstalkd", "one server", beanstalkdPackages, startBeanstalkd},
	{"chromium", "a browser, which tests start", chromiumPackages, startChromium},
}

// Who may enter, everywhere.
const (
	user     = "scalerkit"
	password = "scalerkit-test"
)

// choose returns the servers with the names in a comma-separated list, all of
// them if it is empty. A name stands also for those that start with it and a
// dash.
func choose(from []server, names string) ([]server, error) {
	if names == "" {
		return from, nil
	}
	wanted := make([]bool, len(from))
	for name := range strings.SplitSeq(names, ",") {
		name, known := strings.TrimSpace(name), false
		for i, s := range from {
			if s.name == name || strings.HasPrefix(s.name, name+"-") {
				wanted[i], known = true, true
			}
		}
		if !known {
			return nil, fmt.Errorf("there is no server %q: -list names them", name)
		}
	}
	var chosen []server
	for i, s := range from {
		if wanted[i] {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}
