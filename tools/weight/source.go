package main

import (
	"context"
	"math"
	"os"
	"slices"
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

// sources are all of them; those of one family stand in one file.
var sources = slices.Concat(awsSources, azureSources, brokers, databases, googleSources, queries, saas, others)

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
	noApp    = ""
	noMetric = ""
	noQuery  = ""
)

// environment is what the programs have besides our own.
var environment = []string{"AWS_ACCESS_KEY_ID=weight", "AWS_SECRET_ACCESS_KEY=weight", "HTTPS_PROXY=http://127.0.0.1:1"}
