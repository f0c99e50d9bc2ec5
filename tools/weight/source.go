package main

import (
	"context"
	"math"
	"os"
)

// A source is a pair of programs.
type source struct {
	name   string // of our program's directory; the bare one's has "bare" behind it
	server string // variable of testenv with the address; empty if testenv has no such server
	args   func(address string) []string
	goal   func(bare weight) weight // what ours may weigh at most

	// prepare makes what is read; nil if that needs nothing.
	prepare func(ctx context.Context, args []string) error
}

// nobody is an address where nobody listens.
const nobody = "127.0.0.1:1"

// sources are those that can be weighed. Where testenv has no server, both
// programs try to read and fail.
var sources = []source{{
	name:   "redis",
	server: "SCALERKIT_TEST_REDIS",
	args:   func(address string) []string { return []string{address, "scalerkit-test"} },
	goal:   func(weight) weight { return weight{modules: 8, size: 10, resident: 14} },
}, {
	name:    "rabbitmq",
	server:  "SCALERKIT_TEST_RABBITMQ_AMQP",
	args:    func(url string) []string { return []string{url} },
	goal:    aFifthMore,
	prepare: makeQueue,
}, {
	name:   "kafka",
	server: "SCALERKIT_TEST_KAFKA_SASL",
	args: func(address string) []string {
		return []string{address, "scram_sha512", "scalerkit", "scalerkit-test", "disable", noTokens}
	},
	goal:    aFifthMore,
	prepare: makeTopic,
}, {
	name:    "azureblob",
	server:  "SCALERKIT_TEST_AZURITE",
	args:    func(connection string) []string { return []string{connection} },
	goal:    aFifthMore,
	prepare: makeContainer,
}, {
	name: "azureservicebus",
	args: func(address string) []string { return []string{namespace(address)} },
	goal: aFifthMore,
}, {
	name: "azureeventhubs",
	args: func(address string) []string { return []string{namespace(address), account(address)} },
	goal: aFifthMore,
}, {
	name: "awscloudwatch",
	args: func(address string) []string { return []string{"http://" + address, noRole} },
	goal: aFifthMore,
}, {
	name:    "awskinesis",
	server:  "SCALERKIT_TEST_KINESIS",
	args:    func(url string) []string { return []string{url, noRole, noLeases} },
	goal:    aFifthMore,
	prepare: makeStream,
}}

// address returns where the source's server is, and whether it is known.
func (s source) address() (string, bool) {
	if s.server == "" {
		return nobody, true
	}
	return os.LookupEnv(s.server)
}

// aFifthMore allows for as many modules as it takes, since those of a client
// library are its makers' choice.
func aFifthMore(bare weight) weight {
	return weight{modules: math.Inf(1), size: 1.2 * bare.size, resident: 1.2 * bare.resident}
}

// namespace is the connection string of Azure's Service Bus or Event Hubs.
func namespace(address string) string {
	return "Endpoint=sb://" + address + ";SharedAccessKeyName=weight;SharedAccessKey=weight;UseDevelopmentEmulator=true"
}

// account is the connection string of an Azure storage account.
func account(address string) string {
	return "BlobEndpoint=http://" + address + "/weight;AccountName=weight;AccountKey=d2VpZ2h0"
}

// What the programs offer and these readings do not need.
const (
	noRole   = "" // the process asks as itself: see environment
	noLeases = ""
	noTokens = ""
)

// environment is what the programs have besides our own.
var environment = []string{"AWS_ACCESS_KEY_ID=weight", "AWS_SECRET_ACCESS_KEY=weight"}
