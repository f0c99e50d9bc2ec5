package azureblob_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
)

type values = map[string]string

func with(v, more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	spec.Type = "azure-blob"
	s, err := scalerkit.NewRegistry(azureblob.Driver()).Open(spec, scalerkit.Options{IdentityEndpoints: []string{"*.airgap.example.com"}})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

// connection is what the portal shows.
const connection = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"

var workload = scalerkit.Identity{Provider: "azure-workload"}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{"STORAGE_CONNECTIONSTRING_ENV_NAME": connection})
	perReplica := func(value float64) scalerkit.Target {
		return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
	}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"KEDA's example": {
			scalerkit.Spec{Env: env, Metadata: values{
				"blobContainerName": "functions-blob", "blobCount": "5", "activationBlobCount": "50",
				"connectionFromEnv": "STORAGE_CONNECTIONSTRING_ENV_NAME",
				"blobPrefix":        "", "blobDelimiter": "/", "cloud": "", "endpointSuffix": "",
			}},
			scalerkit.Metric{Name: "azure-blob-functions-blob", Target: perReplica(5), Activation: 50, InFlight: true},
		},
		"KEDA's example with pod identity": {
			scalerkit.Spec{Identity: workload, Metadata: values{"blobContainerName": "functions-blob", "accountName": "shop"}},
			scalerkit.Metric{Name: "azure-blob-functions-blob", Target: perReplica(5), InFlight: true},
		},
		"everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Auth: scalerkit.Secrets(values{"connection": connection}), Metadata: values{
				"blobContainerName": "orders", "blobCount": "7", "activationBlobCount": "3", "countLimit": "70",
				"blobPrefix": "in", "blobDelimiter": "::", "recursive": "true", "globPattern": "/in/*", "cloud": "AzureChinaCloud",
			}},
			scalerkit.Metric{Name: "azure-blob-orders", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: 3, InFlight: true},
		},
		"a connection string in the metadata, with a signature": {
			scalerkit.Spec{Metadata: values{"blobContainerName": "$web", "connection": "BlobEndpoint=https://shop.blob.core.windows.net;SharedAccessSignature=?sv=1&sig=x"}},
			scalerkit.Metric{Name: "azure-blob-$web", Target: perReplica(5), InFlight: true},
		},
		"an emulator": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"connection": "UseDevelopmentStorage=true"}), Metadata: values{"blobContainerName": "orders"}},
			scalerkit.Metric{Name: "azure-blob-orders", Target: perReplica(5), InFlight: true},
		},
		"an account key": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"accountKey": "c2VjcmV0"}), Metadata: values{"blobContainerName": "orders", "accountName": "shop", "cloud": "azureusgovernment"}},
			scalerkit.Metric{Name: "azure-blob-orders", Target: perReplica(5), InFlight: true},
		},
		"a private cloud": {
			scalerkit.Spec{Identity: workload, Metadata: values{"blobContainerName": "orders", "accountName": "shop", "cloud": "Private", "endpointSuffix": "blob.airgap.example.com"}},
			scalerkit.Metric{Name: "azure-blob-orders", Target: perReplica(5), InFlight: true},
		},
		"a connection string that the pod identity makes superfluous": {
			scalerkit.Spec{Identity: workload, Auth: scalerkit.Secrets(values{"connection": "nonsense"}), Metadata: values{"blobContainerName": "orders", "accountName": "shop"}},
			scalerkit.Metric{Name: "azure-blob-orders", Target: perReplica(5), InFlight: true},
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
	blobs := values{"blobContainerName": "orders"}
	auth := values{"connection": connection}
	const missing = "connection: is missing: give a connection string, accountName and accountKey, or the pod identity azure-workload"

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"no container":            {scalerkit.Spec{Auth: scalerkit.Secrets(auth)}, `blobContainerName: is missing: set it in the metadata`},
		"a container of no name":  {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: values{"blobContainerName": "Orders/in"}}, `blobContainerName: "Orders/in" is no name of a container: want 3 to 63 lower-case letters, digits and hyphens`},
		"no connection":           {scalerkit.Spec{Metadata: blobs}, missing},
		"an account without more": {scalerkit.Spec{Metadata: with(blobs, values{"accountName": "shop"})}, missing},
		"a variable that is not set, of which KEDA takes the name": {
			scalerkit.Spec{Metadata: with(blobs, values{"connectionFromEnv": "STORAGE"})},
			`connectionFromEnv: environment variable "STORAGE" is not set`,
		},
		"a connection string that is none":    {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "hunter2"})}, `connection: is no connection string: want Name=value pairs with a semicolon between them`},
		"one without an account":              {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "AccountKey=c2VjcmV0"})}, `connection: has neither AccountName nor BlobEndpoint: want DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`},
		"one without a credential":            {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "AccountName=shop"})}, `connection: has neither AccountKey nor SharedAccessSignature`},
		"one whose key is none":               {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "AccountName=shop;AccountKey=hunter2"})}, `connection: has an AccountKey that is not base64`},
		"one whose key is nobody's":           {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "BlobEndpoint=https://x;AccountKey=c2VjcmV0"})}, `connection: has an AccountKey without its AccountName`},
		"one with an endpoint that is no URL": {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"connection": "BlobEndpoint=shop;AccountName=shop;AccountKey=c2VjcmV0"})}, `connection: has a BlobEndpoint that is no URL such as https://ACCOUNT.blob.core.windows.net/`},
		"two credentials": {
			scalerkit.Spec{Metadata: with(blobs, values{"accountName": "shop"}), Auth: scalerkit.Secrets(with(auth, values{"accountKey": "c2VjcmV0"}))},
			`accountKey: and connection are both set: keep one of the two`,
		},
		"a key without its account":    {scalerkit.Spec{Metadata: blobs, Auth: scalerkit.Secrets(values{"accountKey": "c2VjcmV0"})}, `accountName: is missing: without a connection string the storage account has to be named`},
		"a key that is none":           {scalerkit.Spec{Metadata: with(blobs, values{"accountName": "shop"}), Auth: scalerkit.Secrets(values{"accountKey": "hunter2"})}, `accountKey: is not base64`},
		"a key in the metadata":        {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"accountKey": "c2VjcmV0"})}, `accountKey: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in accountKeyFromEnv`},
		"an identity without account":  {scalerkit.Spec{Identity: workload, Metadata: blobs}, `accountName: is missing: without a connection string the storage account has to be named`},
		"an account that is a URL":     {scalerkit.Spec{Identity: workload, Metadata: with(blobs, values{"accountName": "https://shop"})}, `accountName: "https://shop" is no name of a storage account`},
		"another cloud's identity":     {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}, Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"accountName": "shop"})}, `podIdentity: "aws" is not one that Azure knows: use azure-workload, or a connection string`},
		"a cloud that does not exist":  {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"cloud": "Azure"})}, `cloud: "Azure" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`},
		"a cloud of KEDA's own":        {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"cloud": "AzureStackCloud"})}, `cloud: "AzureStackCloud" needs a file that only KEDA reads: use Private, and endpointSuffix`},
		"a private cloud nobody knows": {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"cloud": "Private"})}, `endpointSuffix: is missing: the cloud Private needs it, such as "blob.example.com"`},
		"a target of zero":             {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"blobCount": "0"})}, `blobCount: "0" is less than 1`},
		"a limit below activation":     {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"countLimit": "50", "activationBlobCount": "50"})}, `countLimit: 50 is not above activationBlobCount, 50: the trigger would never be active`},
		"a pattern without its end":    {scalerkit.Spec{Auth: scalerkit.Secrets(auth), Metadata: with(blobs, values{"globPattern": "a[b"})}, `globPattern: "a[b" has a [ without its ]`},
		"several at once": {
			scalerkit.Spec{Metadata: values{"blobCount": "five", "container": "orders"}},
			`blobCount: "five" is not a whole number` + "\n" +
				`azure-blob trigger "t": container: is not a parameter of this trigger type; there are accountKeyFromEnv, accountName, activationBlobCount, blobContainerName, blobCount, blobDelimiter, blobPrefix, cloud, connection, connectionFromEnv, countLimit, endpointSuffix, globPattern, recursive` + "\n" +
				`azure-blob trigger "t": blobContainerName: is missing: set it in the metadata` + "\n" +
				`azure-blob trigger "t": ` + missing,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "t"
			_, err := open(t, c.spec)
			require.EqualError(t, err, `azure-blob trigger "t": `+c.want)
		})
	}
}
