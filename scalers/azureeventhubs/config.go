package azureeventhubs

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
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
}

// hostLabel is what the name of a namespace or storage account looks like.
var hostLabel = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// Validate checks that the hub and the checkpoints can be found, and that there
// is a way to authenticate to both.
func (c *Config) Validate() error {
	problems := []error{azure.CheckIdentity(c.Identity), c.validateCloud(), c.validateHub(), c.validateStorage()}
	switch c.CheckpointStrategy {
	case blobMetadata, goSDK, dapr:
		if c.BlobContainer == "" {
			problems = append(problems, scalerkit.Problem("blobContainer", "is missing: checkpointStrategy %s needs the container with the checkpoints", c.CheckpointStrategy))
		}
	}
	return errors.Join(problems...)
}

// validateCloud asks for a suffix only where it becomes part of a host name.
func (c *Config) validateCloud() error {
	suffix := c.EndpointSuffix
	if !c.Identity.IsSet() {
		suffix = "of no use"
	}
	_, err := azure.ServiceBusSuffix(c.Cloud, "endpointSuffix", suffix)
	if c.byAccountName() && strings.EqualFold(c.Cloud, "Private") && c.StorageEndpointSuffix == "" {
		err = errors.Join(err, scalerkit.Problem("storageEndpointSuffix", `is missing: the cloud Private needs it, such as "example.com"`))
	}
	return err
}

func (c *Config) validateHub() error {
	if !c.Identity.IsSet() && !c.Connection.IsSet() {
		return scalerkit.Problem("connection", "is missing: give a connection string, or eventHubNamespace, eventHubName and the pod identity azure-workload")
	}
	var problems []error
	var n azure.Namespace
	if c.Connection.IsSet() {
		var err error
		if n, err = azure.ParseNamespace("connection", c.Connection); err != nil {
			return err
		}
	}
	switch {
	case !c.Identity.IsSet():
	case c.EventHubNamespace == "":
		problems = append(problems, scalerkit.Problem("eventHubNamespace", "is missing: with a pod identity the namespace has to be named"))
	case !hostLabel.MatchString(c.EventHubNamespace):
		problems = append(problems, scalerkit.Problem("eventHubNamespace", "%q is no name of a namespace: want the part before .servicebus.windows.net", c.EventHubNamespace))
	}
	if c.EventHubName == "" && (c.Identity.IsSet() || n.EntityPath == "") {
		why := "the connection string has no EntityPath"
		if c.Identity.IsSet() {
			why = "with a pod identity the hub has to be named"
		}
		problems = append(problems, scalerkit.Problem("eventHubName", "is missing: %s", why))
	}
	return errors.Join(problems...)
}

func (c *Config) validateStorage() error {
	switch {
	case c.byAccountName():
		if !hostLabel.MatchString(c.StorageAccountName) {
			return scalerkit.Problem("storageAccountName", "%q is no name of a storage account", c.StorageAccountName)
		}
		return nil
	case c.StorageConnection.IsSet():
		_, err := azure.ParseAccount("storageConnection", c.StorageConnection)
		return err
	case c.Identity.IsSet():
		return scalerkit.Problem("storageAccountName", "is missing: name the storage account with the checkpoints, or give its storageConnection")
	case c.StorageAccountName != "":
		return scalerkit.Problem("storageConnection", "is missing: storageAccountName needs the pod identity azure-workload")
	}
	return scalerkit.Problem("storageConnection", "is missing: give the connection string of the storage account with the checkpoints")
}

// byAccountName reports whether the checkpoints are read with the identity.
func (c *Config) byAccountName() bool { return c.Identity.IsSet() && c.StorageAccountName != "" }

// checkHosts reports where a valid Config would have the identity's token sent,
// if it must not go there.
func (c *Config) checkHosts(options scalerkit.Options) error {
	if !c.Identity.IsSet() {
		return nil
	}
	cloud, _ := cloudhosts.Azure(c.Cloud) // it was valid before
	problems := []error{azure.CheckService("endpointSuffix", "amqps://"+c.place().namespace.Host, cloud.ServiceBus, options)}
	if c.byAccountName() {
		problems = append(problems, azure.CheckService("storageEndpointSuffix", c.account().URL, cloud.Blob, options))
	}
	return errors.Join(append(problems, azure.CheckAuthority(c.Identity, cloud, options))...)
}

// A place is where a hub is, and where its checkpoints say it is.
type place struct {
	namespace    namespace
	hub          string
	recordedHost string
	recordedHub  string
}

// place returns where the hub of a valid Config is. A connection string has
// the last word on what checkpoints say, even where an identity is what
// authenticates.
func (c *Config) place() place {
	n, _ := azure.ParseNamespace("connection", c.Connection) // it was valid before, or there is none
	p := place{hub: cmp.Or(n.EntityPath, c.EventHubName)}
	p.recordedHub = p.hub
	n.EntityPath = "" // hubs share the connection of their namespace
	p.namespace.Namespace = n
	if c.Identity.IsSet() {
		suffix, _ := azure.ServiceBusSuffix(c.Cloud, "endpointSuffix", c.EndpointSuffix) // it was valid before
		p.hub = c.EventHubName
		p.namespace = namespace{
			Namespace: azure.Namespace{Host: c.EventHubNamespace + "." + suffix},
			identity:  c.Identity,
			cloud:     strings.ToLower(c.Cloud),
		}
	}
	p.recordedHost = cmp.Or(n.Host, p.namespace.Host)
	return p
}

// account returns the storage account of a valid Config.
func (c *Config) account() storage.Account {
	if !c.byAccountName() {
		a, _ := azure.ParseAccount("storageConnection", c.StorageConnection) // it was valid before
		return storage.Account{Account: a}
	}
	suffix, _ := azure.BlobSuffix(c.Cloud, "storageEndpointSuffix", "blob."+c.StorageEndpointSuffix) // it was valid before
	return storage.Account{
		Account:  azure.Account{URL: "https://" + c.StorageAccountName + "." + suffix + "/"},
		Identity: c.Identity,
		Cloud:    strings.ToLower(c.Cloud),
	}
}
