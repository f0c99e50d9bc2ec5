package main

import (
	"context"
	"math"
	"os"
	"strings"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// A source is weighed by a pair of programs.
type source struct {
	name    string   // of its package in scalers, and of the bare one in bare
	config  string   // the Config in Go that ours reads with; it has the args
	imports []string // packages of ours that config takes besides the source's

	server   string // variable of testenv with the address, if it takes a server
	unserved bool   // testenv has no such server: both programs try to read and fail
	args     func(address string) []string
	goal     func(bare weight) weight // what ours may weigh at most

	// prepare makes what is read; nil if that needs nothing.
	prepare func(ctx context.Context, args []string) error
}

var sources = []source{{
	name: "awscloudwatch",
	config: `awscloudwatch.Config{
		Account: awscloudwatch.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		Namespace:         program.Name,
		MetricName:        program.Name,
		DimensionName:     program.Name,
		DimensionValue:    program.Name,
		TargetMetricValue: 1,
		MinMetricValue:    new(float64),
	}`,
	unserved: true,
	args:     func(address string) []string { return []string{"http://" + address, noRole} },
	goal:     aFifthMore,
}, {
	name: "awsdynamodb",
	config: `awsdynamodb.Config{
		Account: awsdynamodb.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		TableName:                 program.Name,
		KeyConditionExpression:    "k = :k",
		ExpressionAttributeValues: "{\":k\": {\"S\": \"weight\"}}",
		TargetValue:               1,
	}`,
	server:  "SCALERKIT_TEST_DYNAMODB",
	args:    func(url string) []string { return []string{url, noRole} },
	goal:    aFifthMore,
	prepare: makeTable,
}, {
	name: "awskinesis",
	config: `awskinesis.Config{
		Account: awskinesis.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		StreamName: program.Name,
		LeaseTable: args[2],
	}`,
	server:  "SCALERKIT_TEST_KINESIS",
	args:    func(url string) []string { return []string{url, noRole, noLeases} },
	goal:    aFifthMore,
	prepare: makeStream,
}, {
	name: "awssqs",
	config: `awssqs.Config{
		Account: awssqs.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		QueueURL: args[2],
	}`,
	server:  "SCALERKIT_TEST_SQS",
	args:    func(url string) []string { return []string{url, noRole, queueURL(url)} },
	goal:    aFifthMore,
	prepare: makeQueueOfSQS,
}, {
	name:    "azureblob",
	config:  `azureblob.Config{BlobContainerName: program.Name, Access: azureblob.Access{Connection: scalerkit.NewSecret(args[0])}}`,
	server:  "SCALERKIT_TEST_AZURITE",
	args:    func(connection string) []string { return []string{connection} },
	goal:    aFifthMore,
	prepare: makeContainer,
}, {
	name: "azureeventhubs",
	config: `azureeventhubs.Config{
		EventHubName:       program.Name,
		Connection:         scalerkit.NewSecret(args[0]),
		StorageConnection:  scalerkit.NewSecret(args[1]),
		BlobContainer:      program.Name,
		CheckpointStrategy: "blobMetadata",
	}`,
	unserved: true,
	args:     func(address string) []string { return []string{namespace(address), account(address)} },
	goal:     aFifthMore,
}, {
	name:     "azureservicebus",
	config:   `azureservicebus.Config{QueueName: program.Name, Connection: scalerkit.NewSecret(args[0])}`,
	unserved: true,
	args:     func(address string) []string { return []string{namespace(address)} },
	goal:     aFifthMore,
}, {
	name:   "cron",
	config: `cron.Config{Timezone: args[0], Start: args[1], End: args[2], DesiredReplicas: 1}`,
	args:   func(string) []string { return []string{"UTC", "0 6 * * *", "0 18 * * *"} },
	// The parser alone has nothing to do with a network, and the vocabulary has.
	goal: func(weight) weight { return weight{modules: 5, size: 5, resident: 6} },
}, {
	name:     "external",
	config:   `external.Config{Server: external.Server{Address: args[0], EnableTLS: args[1] != ""}}`,
	unserved: true,
	args:     func(address string) []string { return []string{address, noTLS} },
	goal:     aFifthMore,
}, {
	name: "kafka",
	config: `kafka.Config{
		Cluster: kafka.Cluster{
			BootstrapServers: args[:1],
			SASL:             args[1],
			Username:         args[2],
			Password:         scalerkit.NewSecret(args[3]),
			TLSMode:          args[4],
			OAuth:            kafka.OAuth{TokenURL: args[5]},
		},
		Lag: kafka.Lag{ConsumerGroup: program.Name, Topics: []string{program.Name}},
	}`,
	server: "SCALERKIT_TEST_KAFKA_SASL",
	args: func(address string) []string {
		return []string{address, "scram_sha512", user, password, "disable", noTokens}
	},
	goal:    aFifthMore,
	prepare: makeTopic,
}, {
	name: "metricsapi",
	config: `metricsapi.Config{
		URL:      args[0],
		Access:   ` + access + `,
		Format:   args[4],
		Location: args[5],
		Target:   1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	server:  "SCALERKIT_TEST_PROMETHEUS",
	args: func(url string) []string {
		return []string{url + "/api/v1/query?query=vector(1)", user, password, noTokens, "json", "data.result.0.value.1"}
	},
	goal: aFifthMore,
}, {
	name:     "mssql",
	config:   `mssql.Config{Server: mssql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	unserved: true,
	args: func(address string) []string {
		return []string{"sqlserver://" + user + ":" + password + "@" + address + "?database=master", noKey, noKey}
	},
	goal: aFifthMore,
}, {
	name:   "mysql",
	config: `mysql.Config{Server: mysql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	server: "SCALERKIT_TEST_MYSQL",
	args: func(address string) []string {
		return []string{user + ":" + password + "@tcp(" + address + ")/scalerkit?tls=skip-verify", noKey, noKey}
	},
	goal: aFifthMore,
}, {
	name:   "postgresql",
	config: `postgresql.Config{Server: postgresql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	server: "SCALERKIT_TEST_POSTGRESQL",
	args: func(address string) []string {
		return []string{"postgres://" + user + ":" + password + "@" + address + "/postgres?sslmode=require"}
	},
	goal: aFifthMore,
}, {
	name: "prometheus",
	config: `prometheus.Config{
		Server:    prometheus.Server{Address: args[0], Access: ` + access + `},
		Query:     "vector(1)",
		Threshold: 1,
	}`,
	imports: []string{"driver", "driver/httpsource"},
	server:  "SCALERKIT_TEST_PROMETHEUS",
	args:    func(url string) []string { return []string{url, user, password, noTokens} },
	goal:    aFifthMore,
}, {
	name:    "rabbitmq",
	config:  `rabbitmq.Config{Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(args[0])}, QueueName: program.Name}`,
	server:  "SCALERKIT_TEST_RABBITMQ_AMQP",
	args:    func(url string) []string { return []string{url} },
	goal:    aFifthMore,
	prepare: makeQueue,
}, {
	name: "redis",
	config: `redis.Config{
		Server:   redis.Server{Addresses: args[:1], Password: scalerkit.NewSecret(args[1])},
		ListName: program.Name,
	}`,
	server: "SCALERKIT_TEST_REDIS",
	args:   func(address string) []string { return []string{address, password} },
	goal:   func(weight) weight { return weight{modules: 8, size: 10, resident: 14} },
}}

// access is how sources over HTTP authenticate at a server of testenv's.
const access = `httpsource.Access{
			Modes:    []string{httpsource.ModeBasic},
			Username: args[1],
			Password: scalerkit.NewSecret(args[2]),
			OAuth:    httpsource.OAuth{TokenURI: args[3]},
			TLS:      driver.TLS{Insecure: true},
		}`

// address returns where the source's server is, and whether it is known.
func (s source) address() (string, bool) {
	switch {
	case s.unserved:
		return "127.0.0.1:1", true // where nobody listens
	case s.server == "":
		return "", true
	}
	return os.LookupEnv(s.server)
}

// aFifthMore allows for as many modules as it takes, since those of a client
// library are its makers' choice.
func aFifthMore(bare weight) weight {
	return weight{modules: math.Inf(1), size: 1.2 * bare.size, resident: 1.2 * bare.resident}
}

// queueURL is the URL of a queue of the emulator at an address.
func queueURL(url string) string {
	return strings.Replace(url, "127.0.0.1", "sqs.eu-west-1.localhost", 1) + "/000000000000/" + program.Name
}

// namespace is the connection string of Azure's Service Bus or Event Hubs.
func namespace(address string) string {
	return "Endpoint=sb://" + address + ";SharedAccessKeyName=weight;SharedAccessKey=weight;UseDevelopmentEmulator=true"
}

// account is the connection string of an Azure storage account.
func account(address string) string {
	return "BlobEndpoint=http://" + address + "/weight;AccountName=weight;AccountKey=d2VpZ2h0"
}

// Who testenv's servers let in.
const user, password = "scalerkit", "scalerkit-test"

// What the programs offer and these readings do not need.
const (
	noRole   = "" // the process asks as itself: see environment
	noLeases = ""
	noTokens = ""
	noTLS    = ""
	noKey    = ""
)

// environment is what the programs have besides our own.
var environment = []string{"AWS_ACCESS_KEY_ID=weight", "AWS_SECRET_ACCESS_KEY=weight"}
