package azureeventhubs

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Config describes a trigger on the events of an event hub that a consumer
// group has not processed yet.
type Config struct {
	Connection        scalerkit.Secret `scaler:"connection" from:"auth,env" doc:"connection string of the hub or its namespace; with a pod identity, it only says where checkpoints are"`
	EventHubNamespace string           `scaler:"eventHubNamespace" from:"metadata,env" doc:"name of the namespace; needed with a pod identity"`
	EventHubName      string           `scaler:"eventHubName" from:"metadata,env" doc:"name of the hub; needed with a pod identity, or if the connection string has no EntityPath"`
	ConsumerGroup     string           `scaler:"consumerGroup" default:"$Default" doc:"consumer group whose checkpoints are read"`

	StorageConnection  scalerkit.Secret `scaler:"storageConnection" from:"auth,env" doc:"connection string of the storage account with the checkpoints"`
	StorageAccountName string           `scaler:"storageAccountName" doc:"storage account with the checkpoints, instead of storageConnection; needs a pod identity"`
	BlobContainer      string           `scaler:"blobContainer" doc:"container with the checkpoints; without it, they are those of Azure Functions"`
	CheckpointStrategy string           `scaler:"checkpointStrategy" enum:"azureFunction|blobMetadata|goSdk|dapr" doc:"who writes the checkpoints; without it, the event processor hosts of old, or Azure Functions if there is no blobContainer"`

	UnprocessedEventThreshold           int64  `scaler:"unprocessedEventThreshold" default:"64" min:"1" doc:"target: unprocessed events per replica"`
	ActivationUnprocessedEventThreshold int64  `scaler:"activationUnprocessedEventThreshold" doc:"the trigger is active above this number of unprocessed events"`
	StalePartitionInfoThreshold         *int64 `scaler:"stalePartitionInfoThreshold" default:"10000" min:"0" doc:"a checkpoint that is ahead of the partition by fewer events than this is newer than what the hub says of the partition"`

	Cloud                 string `scaler:"cloud" doc:"AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud or Private; the public one if not given"`
	EndpointSuffix        string `scaler:"endpointSuffix" doc:"what follows the namespace in the host name, such as servicebus.example.com; for the cloud Private only"`
	StorageEndpointSuffix string `scaler:"storageEndpointSuffix" doc:"what follows blob in the host name of the storage account, such as example.com; for the cloud Private only"`

	MetricType scalerkit.TargetKind
	Identity   scalerkit.Identity

	ends         ends
	hub          string
	recordedHost string // of the hub, in checkpoints
	recordedHub  string
}

// hostLabel is what the name of a namespace or storage account looks like.
var hostLabel = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// Parse implements [driver.Parser]. It finds the hub and the checkpoints, and a way
// to authenticate to both.
func (c *Config) Parse(p *driver.Problems) {
	cloud, ok := azure.ParseCloud(p, &c.Cloud, &c.EndpointSuffix, &c.Identity)
	c.parseHub(p, cloud, ok)
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
func (c *Config) parseHub(p *driver.Problems, cloud cloudhosts.AzureCloud, known bool) {
	if !c.Identity.IsSet() && !c.Connection.IsSet() {
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
	if c.Identity.IsSet() {
		c.hub, why = c.EventHubName, "with a pod identity the hub has to be named"
		c.parseNamespace(p, cloud, known)
		c.recordedHost = cmp.Or(n.Host, c.ends.namespace.Host)
	}
	if c.hub == "" {
		p.Add(&c.EventHubName, "is missing: %s", why)
	}
}

func (c *Config) parseNamespace(p *driver.Problems, cloud cloudhosts.AzureCloud, known bool) {
	switch {
	case c.EventHubNamespace == "":
		p.Add(&c.EventHubNamespace, "is missing: with a pod identity the namespace has to be named")
	case !hostLabel.MatchString(c.EventHubNamespace):
		p.Add(&c.EventHubNamespace, "%q is no name of a namespace: want the part before .servicebus.windows.net", c.EventHubNamespace)
	}
	if !known || !p.Valid(&c.EventHubNamespace) {
		return
	}
	host := c.EventHubNamespace + "." + azure.ParseSuffix(p, cloud.ServiceBus, &c.EndpointSuffix, "servicebus.example.com")
	azure.CheckAddress(p, &c.EndpointSuffix, "amqps://"+host, cloud.ServiceBus)
	c.ends.namespace = azure.Access{Namespace: azure.Namespace{Host: host}, Identity: c.Identity, Cloud: strings.ToLower(c.Cloud)}
}

func (c *Config) parseStorage(p *driver.Problems, cloud cloudhosts.AzureCloud, known bool) {
	switch {
	case c.Identity.IsSet() && c.StorageAccountName != "":
		if !hostLabel.MatchString(c.StorageAccountName) {
			p.Add(&c.StorageAccountName, "%q is no name of a storage account", c.StorageAccountName)
			return
		}
		if known {
			c.parseAccount(p, cloud)
		}
	case c.StorageConnection.IsSet():
		var err error
		if c.ends.account.Account, err = azure.ParseAccount(c.StorageConnection); err != nil {
			p.Add(&c.StorageConnection, "%v", err)
		}
	case c.Identity.IsSet():
		p.Add(&c.StorageAccountName, "is missing: name the storage account with the checkpoints, or give its %s", p.Name(&c.StorageConnection))
	case c.StorageAccountName != "":
		p.Add(&c.StorageConnection, "is missing: %s needs the pod identity azure-workload", p.Name(&c.StorageAccountName))
	default:
		p.Add(&c.StorageConnection, "is missing: give the connection string of the storage account with the checkpoints")
	}
}

// parseAccount finds the account that is read with the identity.
func (c *Config) parseAccount(p *driver.Problems, cloud cloudhosts.AzureCloud) {
	suffix := azure.ParseSuffix(p, cloud.Blob, &c.StorageEndpointSuffix, "example.com")
	if cloud.Name == cloudhosts.Private {
		suffix = "blob." + suffix
	}
	c.ends.account.URL = "https://" + c.StorageAccountName + "." + suffix + "/"
	c.ends.account.Identity, c.ends.account.Cloud = c.Identity, strings.ToLower(c.Cloud)
	azure.CheckAddress(p, &c.StorageEndpointSuffix, c.ends.account.URL, cloud.Blob)
}
