package temporal_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/temporal"
)

func TestTheMetric(t *testing.T) {
	s := open(t, values{"endpoint": "temporal:7233", "taskQueue": "orders:eu"}, nil, scalerkit.Options{})
	require.Equal(t, scalerkit.Metric{
		Name: "temporal-default-orders-eu", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5},
	}, s.Metric())
	s = open(t, values{
		"endpoint": "dns:///temporal:7233", "namespace": "shop", "taskQueue": "orders", "workerDeploymentName": "w", "workerDeploymentBuildId": "v1.0",
		"targetQueueSize": "2", "activationTargetQueueSize": "3",
	}, nil, scalerkit.Options{})
	require.Equal(t, scalerkit.Metric{
		Name: "temporal-shop-orders-w-v1-0", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}, Activation: 3,
	}, s.Metric())
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `temporal trigger "orders": `
	const gone = `: is for versions by rules, which KEDA gave up with 2.21: name a worker deployment by workerDeploymentName and workerDeploymentBuildId`
	for want, metadata := range map[string]values{
		`endpoint: has no port: want host:port`:                                                                                           {"endpoint": "temporal"},
		`queueTypes: "workflows" is not one of workflow, activity, nexus; did you mean "workflow"?`:                                       {"queueTypes": "workflows"},
		`targetQueueSize: "0" is not greater than 0`:                                                                                      {"targetQueueSize": "0"},
		`activationTargetQueueSize: "-1" is less than 0`:                                                                                  {"activationTargetQueueSize": "-1"},
		`minConnectTimeout: "-1" is less than 0`:                                                                                          {"minConnectTimeout": "-1"},
		`workerDeploymentBuildId: is missing: it goes with workerDeploymentName`:                                                          {"workerDeploymentName": "shop"},
		`workerDeploymentName: is missing: it goes with workerDeploymentBuildId`:                                                          {"workerDeploymentBuildId": "v1"},
		`workflowTaskQueueForCount: has no effect: set includeRunningWorkflowCount to true, or leave it out`:                              {"workflowTaskQueueForCount": "a"},
		`taskQueue: has characters besides letters, digits and -_./:, which does not go with includeRunningWorkflowCount`:                 {"taskQueue": "a' OR 'b", "includeRunningWorkflowCount": "true"},
		`workflowTaskQueueForCount: has characters besides letters, digits and -_./:, which does not go with includeRunningWorkflowCount`: {"workflowTaskQueueForCount": "ä", "includeRunningWorkflowCount": "true"},
		`buildId` + gone:           {"buildId": "1.0"},
		`selectAllActive` + gone:   {"selectAllActive": "true"},
		`selectUnversioned` + gone: {"selectUnversioned": "true"},
	} {
		all := values{"endpoint": "temporal:7233", "taskQueue": "orders"}
		for k, v := range metadata {
			all[k] = v
		}
		// Also where a program puts up with what has no effect.
		_, err := temporal.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: all}, scalerkit.Options{Warn: func(scalerkit.ConfigError) {}})
		require.EqualError(t, err, trigger+want)
	}
}

func TestTLS(t *testing.T) {
	answer := func(ctx context.Context, _, _ string) (string, error) {
		if told, _ := metadata.FromIncomingContext(ctx); fmt.Sprint(told["authorization"]) != "[Bearer "+apiKey+"]" {
			return `{"stats":{"approximateBacklogCount":1}}`, nil
		}
		return `{"stats":{"approximateBacklogCount":7}}`, nil
	}
	server, caller := tlstest.NewPair(t, "server"), tlstest.NewPair(t, "caller")
	secured := func(config *tls.Config) string {
		config.Certificates = []tls.Certificate{server.Certificate}
		return serve(t, answer, grpc.Creds(credentials.NewTLS(config)))
	}
	plain := serve(t, answer)
	anyone := secured(&tls.Config{MinVersion: tls.VersionTLS12})
	mutual := secured(&tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: caller.Pool()})
	const keyless = 1.0
	for name, c := range map[string]struct {
		address        string
		metadata, auth values
		value          float64
		err, warned    string
	}{
		"nothing":                           {address: plain, value: keyless},
		"nothing, and told to":              {address: plain, metadata: values{"enableTLS": "true"}, value: keyless},
		"an API key in the clear":           {address: plain, metadata: values{"enableTLS": "false"}, auth: values{"apiKey": apiKey}, value: 7},
		"an API key":                        {address: anyone, auth: values{"apiKey": apiKey}, err: "certificate signed by unknown authority"},
		"an API key, and a plain server":    {address: plain, auth: values{"apiKey": apiKey}, err: "the server does not speak TLS on this port"},
		"an API key and ca":                 {address: anyone, auth: values{"apiKey": apiKey, "ca": server.Cert}, value: 7},
		"an API key and any certificate":    {address: anyone, metadata: values{"unsafeSsl": "true"}, auth: values{"apiKey": apiKey}, value: 7},
		"ca alone":                          {address: anyone, auth: values{"ca": server.Cert}, value: keyless},
		"ca, and TLS is off":                {address: plain, metadata: values{"enableTLS": "false"}, auth: values{"ca": server.Cert}, value: keyless, warned: "ca: has no effect, since TLS is off: give an API key, a client certificate or ca, and do not set enableTLS to false, or leave it out"},
		"another name":                      {address: anyone, metadata: values{"tlsServerName": "temporal.example"}, auth: values{"ca": server.Cert}, err: "temporal.example"},
		"another name, and TLS is off":      {address: plain, metadata: values{"tlsServerName": "temporal.example"}, value: keyless, warned: "tlsServerName: has no effect, since TLS is off"},
		"a client certificate":              {address: mutual, auth: values{"cert": caller.Cert, "key": caller.Key, "ca": server.Cert}, value: keyless},
		"a client certificate, told not to": {address: mutual, metadata: values{"enableTLS": "false"}, auth: values{"cert": caller.Cert, "key": caller.Key, "ca": server.Cert, "apiKey": apiKey}, value: 7},
		"no client certificate":             {address: mutual, auth: values{"ca": server.Cert}, err: "Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			metadata, warned := values{"endpoint": c.address, "taskQueue": "orders", "queueTypes": "workflow"}, ""
			for k, v := range c.metadata {
				metadata[k] = v
			}
			s := open(t, metadata, c.auth, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warned = e.Key + ": " + e.Problem }})
			require.Equal(t, c.warned, warned)
			r, err := s.Read(t.Context())
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.value, r.Value)
		})
	}
	_, err := temporal.Driver().Open(scalerkit.Spec{Metadata: values{"endpoint": plain, "taskQueue": "orders"}, Auth: scalerkit.Secrets(values{"key": caller.Key})}, scalerkit.Options{})
	require.EqualError(t, err, "temporal trigger: cert: is missing: the private key in key needs its certificate")
}

// A program that links Temporal's own messages registers them under these names.
func TestNothingIsRegisteredUnderTemporalsNames(t *testing.T) {
	_, err := protoregistry.GlobalFiles.FindDescriptorByName("temporal.api.workflowservice.v1.DescribeTaskQueueRequest")
	require.ErrorIs(t, err, protoregistry.NotFound)
}
