package azureservicebus_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	spec.Type = "azure-servicebus"
	s, err := scalerkit.NewRegistry(azureservicebus.Driver()).Open(spec, scalerkit.Options{IdentityEndpoints: []string{"*.airgap.example"}})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

// connection is what the portal shows.
const connection = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=c2VjcmV0"

var workload = scalerkit.Identity{Provider: "azure-workload"}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{"SERVICEBUS_CONNECTIONSTRING_ENV_NAME": connection})
	auth := values{"connection": connection}
	perReplica := func(value float64) scalerkit.Target {
		return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
	}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"KEDA's example of a queue": {
			scalerkit.Spec{Env: env, Metadata: values{
				"queueName": "functions-sbqueue", "messageCount": "5", "activationMessageCount": "2",
				"connectionFromEnv": "SERVICEBUS_CONNECTIONSTRING_ENV_NAME", "cloud": "AzurePublicCloud",
			}},
			scalerkit.Metric{Name: "azure-servicebus-functions-sbqueue", Target: perReplica(5), Activation: 2, InFlight: true},
		},
		"KEDA's example of a private cloud": {
			scalerkit.Spec{Identity: workload, Metadata: values{
				"queueName": "functions-sbqueue", "namespace": "service-bus-namespace", "messageCount": "5",
				"cloud": "Private", "endpointSuffix": "servicebus.airgap.example",
			}},
			scalerkit.Metric{Name: "azure-servicebus-functions-sbqueue", Target: perReplica(5), InFlight: true},
		},
		"a subscription, which the name leaves out": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "events", "subscriptionName": "workers"}},
			scalerkit.Metric{Name: "azure-servicebus-events", Target: perReplica(5), InFlight: true},
		},
		"queues": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": "^orders/.*", "useRegex": "true", "operation": "avg"}},
			scalerkit.Metric{Name: "azure-servicebus-queue-regex", Target: perReplica(5), InFlight: true},
		},
		"subscriptions": {
			scalerkit.Spec{MetricType: scalerkit.Total, Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "shop/events", "subscriptionName": "w.+", "useRegex": "true", "messageCount": "7"}},
			scalerkit.Metric{Name: "azure-servicebus-topic-regex", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, InFlight: true},
		},
		"messages that nobody works on": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": "orders", "messageStates": "scheduled, transfer,transferDeadLetter"}},
			scalerkit.Metric{Name: "azure-servicebus-orders", Target: perReplica(5)},
		},
		"dead letters": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "events", "subscriptionName": "w", "messageStates": "deadLetter"}},
			scalerkit.Metric{Name: "azure-servicebus-events", Target: perReplica(5), InFlight: true},
		},
		"a signature": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": "Endpoint=sb://shop.servicebus.windows.net;SharedAccessSignature=SharedAccessSignature sr=x&sig=y&se=1&skn=z"}), Metadata: values{"queueName": "orders"}},
			scalerkit.Metric{Name: "azure-servicebus-orders", Target: perReplica(5), InFlight: true},
		},
		"a topic in a folder": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "shop/events.eu", "subscriptionName": "w"}},
			scalerkit.Metric{Name: "azure-servicebus-shop-events-eu", Target: perReplica(5), InFlight: true},
		},
		"a private cloud that the connection string makes superfluous": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": "orders", "cloud": "Private"}},
			scalerkit.Metric{Name: "azure-servicebus-orders", Target: perReplica(5), InFlight: true},
		},
		"a cloud of KEDA's own that it makes superfluous": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": "orders", "cloud": "AzureStackCloud"}},
			scalerkit.Metric{Name: "azure-servicebus-orders", Target: perReplica(5), InFlight: true},
		},
		"a connection string that the pod identity makes superfluous": {
			scalerkit.Spec{Identity: workload, Auth: scalerkit.Secrets(values{"connection": "nonsense"}), Metadata: values{"queueName": "orders", "namespace": "shop"}},
			scalerkit.Metric{Name: "azure-servicebus-orders", Target: perReplica(5), InFlight: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := open(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	queue := values{"queueName": "orders"}
	auth := values{"connection": connection}
	deep := strings.Repeat("(", 999) + strings.Repeat(")", 999) // which is as deep as may be

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"nothing to read":                 {scalerkit.Spec{Auth: scalerkit.Secrets(auth)}, `queueName: is missing: name a queue, or a topic and a subscription in topicName and subscriptionName`},
		"queue and topic":                 {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(queue, values{"topicName": "events"})}, `topicName: and queueName are both set: a trigger watches a queue or a subscription`},
		"queue and subscription":          {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(queue, values{"subscriptionName": "w"})}, `subscriptionName: and queueName are both set: a trigger watches a queue or a subscription`},
		"a topic":                         {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "events"}}, `subscriptionName: is missing: messages wait in the subscriptions of a topic, not in the topic`},
		"a subscription of no topic":      {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"subscriptionName": "w"}}, `topicName: is missing: the topic of the subscription in subscriptionName`},
		"scheduled in a subscription":     {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "events", "subscriptionName": "w", "messageStates": "active,scheduled"}}, `messageStates: has scheduled, which no subscription has: until they are due, messages wait in the topic`},
		"a state that does not exist":     {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(queue, values{"messageStates": "deferred"})}, `messageStates: "deferred" is not one of active, scheduled, deadLetter, transfer, transferDeadLetter`},
		"an operation that does not":      {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(queue, values{"operation": "median"})}, `operation: "median" is not one of sum, max, avg`},
		"no regular expression":           {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": "a(", "useRegex": "true"}}, "queueName: \"a(\" is no regular expression: error parsing regexp: missing closing ): `a(`"},
		"none for subscriptions":          {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"topicName": "t", "subscriptionName": "*", "useRegex": "true"}}, "subscriptionName: \"*\" is no regular expression: error parsing regexp: missing argument to repetition operator: `*`"},
		"one that is too deep":            {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"queueName": deep, "useRegex": "true"}}, "queueName: \"" + deep + "\" is no regular expression: error parsing regexp: expression nests too deeply: `\\A(?:" + deep + ")\\z`"},
		"a target of zero":                {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(queue, values{"messageCount": "0"})}, `messageCount: "0" is less than 1`},
		"no connection":                   {scalerkit.Spec{Metadata: queue}, `connection: is missing: give a connection string, or the pod identity azure-workload`},
		"a connection in the metadata":    {scalerkit.Spec{Metadata: with(queue, values{"connection": connection}), Auth: scalerkit.Secrets(auth)}, `connection: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in connectionFromEnv`},
		"a connection string that is not": {scalerkit.Spec{Metadata: queue, Auth: scalerkit.Secrets(values{"connection": "hunter2"})}, `connection: is no connection string: want Name=value pairs with a semicolon between them`},
		"one without a key":               {scalerkit.Spec{Metadata: queue, Auth: scalerkit.Secrets(values{"connection": "Endpoint=sb://x"})}, `connection: has neither SharedAccessKey nor SharedAccessSignature`},
		"an identity without namespace":   {scalerkit.Spec{Identity: workload, Metadata: queue}, `namespace: is missing: without a connection string the namespace has to be named`},
		"a namespace with its suffix": {
			scalerkit.Spec{Identity: workload, Metadata: with(queue, values{"namespace": "shop.servicebus.windows.net"})},
			`namespace: "shop.servicebus.windows.net" is no name of a namespace: want the part before .servicebus.windows.net`,
		},
		"another cloud's identity":    {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "gcp"}, Metadata: with(queue, values{"namespace": "shop"})}, `podIdentity: "gcp" is not one that Azure knows: use azure-workload, or a connection string`},
		"a cloud that does not exist": {scalerkit.Spec{Identity: workload, Metadata: with(queue, values{"namespace": "shop", "cloud": "Azure"})}, `cloud: "Azure" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`},
		"a private one of no name":    {scalerkit.Spec{Identity: workload, Metadata: with(queue, values{"namespace": "shop", "cloud": "Private"})}, `endpointSuffix: is missing: the cloud Private needs it, such as "servicebus.example.com"`},
		"several at once": {
			scalerkit.Spec{Metadata: values{"useRegex": "yes", "topicName": "events"}},
			`useRegex: "yes" is not true or false` + "\n" +
				`azure-servicebus trigger "t": subscriptionName: is missing: messages wait in the subscriptions of a topic, not in the topic` + "\n" +
				`azure-servicebus trigger "t": connection: is missing: give a connection string, or the pod identity azure-workload`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "t"
			_, err := open(t, c.spec)
			require.EqualError(t, err, `azure-servicebus trigger "t": `+c.want)
		})
	}
}
