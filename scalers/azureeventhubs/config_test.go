package azureeventhubs_test

import (
	"maps"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
)

func registry() *scalerkit.Registry { return scalerkit.NewRegistry(azureeventhubs.Driver()) }

func opened(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	spec.Type = "azure-eventhub"
	s, err := registry().Open(spec, scalerkit.Options{IdentityEndpoints: []string{"*.example.com"}})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

type values = map[string]string

func with(v, more values) values {
	v = maps.Clone(v)
	if v == nil {
		v = make(values)
	}
	maps.Copy(v, more)
	return v
}

func escape(s string) string { return url.QueryEscape(s) }

// What the portal shows.
const (
	hubConnection     = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=reader;SharedAccessKey=c2VjcmV0;EntityPath=orders"
	spaceConnection   = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=reader;SharedAccessKey=c2VjcmV0"
	storageConnection = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"
)

var (
	workload = scalerkit.Identity{Provider: "azure-workload"}
	auth     = values{"connection": hubConnection, "storageConnection": storageConnection}
)

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{
		"EVENTHUB_CONNECTIONSTRING_ENV_NAME": hubConnection, "STORAGE_CONNECTIONSTRING_ENV_NAME": storageConnection,
		"EVENTHUB_NAMESPACE": "shop", "EVENTHUB_NAME": "orders", "SPACE": spaceConnection,
	})
	metric := func(target, activation float64) scalerkit.Metric {
		return scalerkit.Metric{
			Name:   "azure-eventhub-$Default",
			Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: target}, Activation: activation, InFlight: true,
		}
	}
	fromEnv := values{"connectionFromEnv": "EVENTHUB_CONNECTIONSTRING_ENV_NAME", "storageConnectionFromEnv": "STORAGE_CONNECTIONSTRING_ENV_NAME"}
	hub := values{"eventHubNamespace": "shop", "eventHubName": "orders"}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"KEDA's example": {
			scalerkit.Spec{Env: env, Metadata: with(fromEnv, values{
				"consumerGroup": "$Default", "unprocessedEventThreshold": "64", "activationUnprocessedEventThreshold": "10", "blobContainer": "name_of_container",
				"cloud": "Private", "endpointSuffix": "servicebus.airgap.example", "storageEndpointSuffix": "airgap.example",
			})},
			metric(64, 10),
		},
		"KEDA's example of blob metadata": {
			scalerkit.Spec{Env: env, Metadata: with(fromEnv, values{
				"consumerGroup": "$Default", "unprocessedEventThreshold": "64", "blobContainer": "name_of_container", "checkpointStrategy": "blobMetadata",
			})},
			metric(64, 0),
		},
		"KEDA's example with an authentication": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"unprocessedEventThreshold": "64"}}, metric(64, 0),
		},
		"KEDA's example with pod identity": {
			scalerkit.Spec{Identity: workload, Env: env, Metadata: values{
				"consumerGroup": "$Default", "unprocessedEventThreshold": "64", "blobContainer": "azure-webjobs-eventhub",
				"eventHubNamespaceFromEnv": "EVENTHUB_NAMESPACE", "eventHubNameFromEnv": "EVENTHUB_NAME", "storageAccountName": "shop",
			}},
			metric(64, 0),
		},
		"nothing but connections": {scalerkit.Spec{Auth: scalerkit.Secrets(auth)}, metric(64, 0)},
		"everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Env: env, Auth: scalerkit.Secrets(values{"storageConnection": storageConnection}), Metadata: values{
				"connectionFromEnv": "SPACE", "eventHubName": "orders", "consumerGroup": "a/b.c", "unprocessedEventThreshold": "7", "activationUnprocessedEventThreshold": "3",
				"stalePartitionInfoThreshold": "0", "blobContainer": "c", "checkpointStrategy": "dapr", "cloud": "AzureChinaCloud",
			}},
			scalerkit.Metric{Name: "azure-eventhub-a-b-c", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: 3, InFlight: true},
		},
		"a connection string in other words": {
			scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": "endpoint=sb://shop/; sharedaccesssignature=SharedAccessSignature sr=x ;ENTITYPATH=orders;"}))},
			metric(64, 0),
		},
		"an identity, with the connection string of the checkpoints": {
			scalerkit.Spec{Identity: workload, Metadata: hub, Auth: scalerkit.Secrets(values{"storageConnection": storageConnection})}, metric(64, 0),
		},
		"an identity in a private cloud": {
			scalerkit.Spec{Identity: workload, Metadata: with(hub, values{
				"storageAccountName": "shop", "cloud": "private", "endpointSuffix": "sb.example.com", "storageEndpointSuffix": "example.com",
			})},
			metric(64, 0),
		},
		"a private cloud that connection strings lead to": {
			scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"cloud": "Private"}}, metric(64, 0),
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := opened(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	hub := values{"eventHubNamespace": "shop", "eventHubName": "orders", "storageAccountName": "shop"}
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"no connection":                   {scalerkit.Spec{Auth: scalerkit.Secrets(values{"storageConnection": storageConnection})}, `connection: is missing: give a connection string, or eventHubNamespace, eventHubName and the pod identity azure-workload`},
		"no storage":                      {scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": hubConnection})}, `storageConnection: is missing: give the connection string of the storage account with the checkpoints`},
		"an account nobody may read":      {scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": hubConnection}), Metadata: values{"storageAccountName": "shop"}}, `storageConnection: is missing: storageAccountName needs the pod identity azure-workload`},
		"a namespace without its hub":     {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": spaceConnection}))}, `eventHubName: is missing: the connection string has no EntityPath`},
		"a hub that only seems to be one": {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": "Endpoint=sb://EntityPath=x/;SharedAccessKeyName=EntityPath;SharedAccessKey=x"}))}, `eventHubName: is missing: the connection string has no EntityPath`},
		"a connection that is none":       {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": "hunter2"}))}, `connection: is no connection string: want Name=value pairs with a semicolon between them`},
		"one without an endpoint":         {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": "EntityPath=orders"}))}, `connection: has no Endpoint: want Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…`},
		"one without a credential":        {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"connection": "Endpoint=sb://shop/;EntityPath=orders"}))}, `connection: has neither SharedAccessKey nor SharedAccessSignature`},
		"a storage connection of no use":  {scalerkit.Spec{Auth: scalerkit.Secrets(with(auth, values{"storageConnection": "AccountName=shop;AccountKey=hunter2"}))}, `storageConnection: has an AccountKey that is not base64`},
		"a connection in the metadata":    {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"connection": "x"}}, `connection: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in connectionFromEnv`},
		"a variable that is not set":      {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"connectionFromEnv": "HUB"}}, `connectionFromEnv: environment variable "HUB" is not set`},
		"an identity without a namespace": {scalerkit.Spec{Identity: workload, Metadata: values{"eventHubName": "orders", "storageAccountName": "shop"}}, `eventHubNamespace: is missing: without a connection string the namespace has to be named`},
		"an identity without a hub":       {scalerkit.Spec{Identity: workload, Metadata: values{"eventHubNamespace": "shop", "storageAccountName": "shop"}}, `eventHubName: is missing: with a pod identity the hub has to be named`},
		"an identity without storage":     {scalerkit.Spec{Identity: workload, Metadata: values{"eventHubNamespace": "shop", "eventHubName": "orders"}}, `storageAccountName: is missing: name the storage account with the checkpoints, or give its storageConnection`},
		"a namespace that is a host":      {scalerkit.Spec{Identity: workload, Metadata: with(hub, values{"eventHubNamespace": "shop.servicebus.windows.net"})}, `eventHubNamespace: "shop.servicebus.windows.net" is no name of a namespace: want the part before .servicebus.windows.net`},
		"an account that is a URL":        {scalerkit.Spec{Identity: workload, Metadata: with(hub, values{"storageAccountName": "https://shop"})}, `storageAccountName: "https://shop" is no name of a storage account`},
		"another cloud's identity":        {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}, Metadata: hub}, `podIdentity: "aws" is not one that Azure knows: use azure-workload, or a connection string`},
		"a cloud that does not exist":     {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"cloud": "Azure"}}, `cloud: "Azure" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`},
		"a private cloud nobody knows": {scalerkit.Spec{Identity: workload, Metadata: with(hub, values{"cloud": "Private"})}, `endpointSuffix: is missing: the cloud Private needs it, such as "servicebus.example.com"` + "\n" +
			`azure-eventhub trigger "t": storageEndpointSuffix: is missing: the cloud Private needs it, such as "example.com"`},
		"a strategy with a typo":       {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"checkpointStrategy": "blobmetadata"}}, `checkpointStrategy: "blobmetadata" is not one of azureFunction, blobMetadata, goSdk, dapr; did you mean "blobMetadata"?`},
		"a strategy without container": {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"checkpointStrategy": "dapr"}}, `blobContainer: is missing: checkpointStrategy dapr needs the container with the checkpoints`},
		"a target of zero":             {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"unprocessedEventThreshold": "0"}}, `unprocessedEventThreshold: "0" is less than 1`},
		"a target that is no number":   {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"unprocessedEventThreshold": "64.0"}}, `unprocessedEventThreshold: "64.0" is not a whole number`},
		"a staleness that is none":     {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"stalePartitionInfoThreshold": "-1"}}, `stalePartitionInfoThreshold: "-1" is less than 0`},
		"a key with a typo":            {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"consumergroup": "x"}}, `consumergroup: is not a parameter of this trigger type; did you mean "consumerGroup"?`},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "t"
			_, err := opened(t, c.spec)
			require.EqualError(t, err, `azure-eventhub trigger "t": `+c.want)
		})
	}
}

func TestATypedConfigIsCheckedToo(t *testing.T) {
	_, err := azureeventhubs.New(azureeventhubs.Config{StorageConnection: scalerkit.NewSecret(storageConnection)}, scalerkit.Options{})
	require.EqualError(t, err, `azure-eventhub trigger: Connection: is missing: give a connection string, or eventHubNamespace, eventHubName and the pod identity azure-workload`)
}
