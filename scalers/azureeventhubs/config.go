package azureeventhubs

import (
	"cmp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Entra is the part of the parameters that says which of Azure's clouds it is, and
// who asks if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on the events of an event hub that a consumer
// group has not processed yet.
type Config struct {
	Entra
	Connection        scalerkit.Secret `scaler:"connection" from:"auth,env" doc:"connection string of the hub or its namespace; with a pod identity, it only says where checkpoints are"`
	EventHubNamespace string           `scaler:"eventHubNamespace" from:"metadata,env" doc:"name of the namespace; needed with a pod identity"`
	EventHubName      string           `scaler:"eventHubName" from:"metadata,env" doc:"name of the hub; needed with a pod identity, or if the connection string has no EntityPath"`
	ConsumerGroup     string           `scaler:"consumerGroup" default:"$Default" doc:"consumer group whose checkpoints are read"`

	StorageConnection  scalerkit.Secret `scaler:"storageConnection" from:"auth,env" doc:"connection string of the storage account with the checkpoints"`
	StorageAccountName string           `scaler:"storageAccountName" doc:"storage account with the checkpoints, instead of storageConnection; needs a pod identity"`
	BlobContainer      string           `scaler:"blobContainer" doc:"container with the checkpoints; without it, they are those of Azure Functions"`
	CheckpointStrategy string           `scaler:"checkpointStrategy" enum:"azureFunction|blobMetadata|goSdk|dapr" doc:"who writes the checkpoints; without it, the event processor hosts of old, or Azure Functions if there is no blobContainer"`

	UnprocessedEventThreshold           int64  `scaler:"unprocessedEventThreshold,target" default:"64" min:"1" doc:"target: unprocessed events per replica"`
	ActivationUnprocessedEventThreshold int64  `scaler:"activationUnprocessedEventThreshold,activation" doc:"the trigger is active above this number of unprocessed events"`
	StalePartitionInfoThreshold         *int64 `scaler:"stalePartitionInfoThreshold" default:"10000" min:"0" doc:"a checkpoint that is ahead of the partition by fewer events than this is newer than what the hub says of the partition"`

	EndpointSuffix        string `scaler:"endpointSuffix" doc:"what follows the namespace in the host name, such as servicebus.example.com; for the cloud Private only"`
	StorageEndpointSuffix string `scaler:"storageEndpointSuffix" doc:"what follows blob in the host name of the storage account, such as example.com; for the cloud Private only"`

	MetricType scalerkit.TargetKind

	ends         ends
	hub          string
	recordedHost string // of the hub, in checkpoints
	recordedHub  string
}

// Parse implements [driver.Parser]. It finds the hub and the checkpoints, and a way
// to authenticate to both.
func (c *Config) Parse(p *driver.Problems) {
	cloud, ok := c.ParseCloud(p, &c.EndpointSuffix)
	c.parseHub(p)
	c.parseStorage(p, cloud, ok)
	switch c.CheckpointStrategy {
	case blobMetadata, goSDK, dapr:
		if c.BlobContainer == "" {
			p.Add(&c.BlobContainer, "is missing: %s %s needs the container with the checkpoints", p.Name(&c.CheckpointStrategy), c.CheckpointStrategy)
		}
	}
}

// parseHub finds the hub. A connection string has the last word on what
// checkpoints say, even where an identity is what authenticates.
func (c *Config) parseHub(p *driver.Problems) {
	if !c.IsSet() && !c.Connection.IsSet() {
		p.Add(&c.Connection, "is missing: give a connection string, or eventHubNamespace, eventHubName and the pod identity azure-workload")
		return
	}
	var n azure.Namespace
	if c.Connection.IsSet() {
		var err error
		if n, err = azure.ParseNamespace(c.Connection); err != nil {
			p.Add(&c.Connection, "%v", err)
			return
		}
	}
	c.hub = cmp.Or(n.EntityPath, c.EventHubName)
	c.recordedHub, c.recordedHost = c.hub, n.Host
	n.EntityPath = "" // hubs share the connection of their namespace
	c.ends.namespace = azure.Access{Namespace: n}
	why := "the connection string has no EntityPath"
	if c.IsSet() {
		c.hub, why = c.EventHubName, "with a pod identity the hub has to be named"
		c.ends.namespace = c.ParseNamespace(p, &c.EventHubNamespace, &c.EndpointSuffix, "amqps")
		c.recordedHost = cmp.Or(n.Host, c.ends.namespace.Host)
	}
	if c.hub == "" {
		p.Add(&c.EventHubName, "is missing: %s", why)
	}
}

func (c *Config) parseStorage(p *driver.Problems, cloud cloudhosts.AzureCloud, known bool) {
	switch {
	case c.IsSet() && c.StorageAccountName != "":
		name := azure.ParseAccountName(p, &c.StorageAccountName)
		if known && p.Valid(&c.StorageAccountName) {
			c.ends.account.URL = "https://" + name + "." + c.storageSuffix(p, cloud) + "/"
			c.ends.account.Principal = c.Principal()
			c.CheckToken(p, &c.StorageEndpointSuffix, c.ends.account.URL, cloud.Blob)
		}
	case c.StorageConnection.IsSet():
		var err error
		if c.ends.account.Account, err = azure.ParseAccount(c.StorageConnection, azure.Blob); err != nil {
			p.Add(&c.StorageConnection, "%v", err)
		}
	case c.IsSet():
		p.Add(&c.StorageAccountName, "is missing: name the storage account with the checkpoints, or give its %s", p.Name(&c.StorageConnection))
	case c.StorageAccountName != "":
		p.Add(&c.StorageConnection, "is missing: %s needs the pod identity azure-workload", p.Name(&c.StorageAccountName))
	default:
		p.Add(&c.StorageConnection, "is missing: give the connection string of the storage account with the checkpoints")
	}
}

func (c *Config) storageSuffix(p *driver.Problems, cloud cloudhosts.AzureCloud) string {
	suffix := azure.ParseSuffix(p, cloud.Blob, &c.StorageEndpointSuffix, "example.com")
	if cloud.Name == cloudhosts.Private {
		return "blob." + suffix
	}
	return suffix
}
