package azureblob

import (
	"errors"
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Config describes a trigger on the number of blobs in a container.
type Config struct {
	BlobContainerName string `scaler:"blobContainerName,required" doc:"name of the container"`

	Connection  scalerkit.Secret `scaler:"connection" from:"auth,env,metadata" doc:"connection string of the storage account; not used with a pod identity"`
	AccountName string           `scaler:"accountName" doc:"storage account; needed with a pod identity or accountKey"`
	AccountKey  scalerkit.Secret `scaler:"accountKey" from:"auth,env" doc:"key of the storage account, instead of connection"`

	Cloud          string `scaler:"cloud" doc:"AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud or Private; the public one if not given"`
	EndpointSuffix string `scaler:"endpointSuffix" doc:"what follows the account in the host name, such as blob.example.com; for the cloud Private only"`

	BlobCount           int64 `scaler:"blobCount" default:"5" min:"1" doc:"target: blobs per replica"`
	ActivationBlobCount int64 `scaler:"activationBlobCount" doc:"the trigger is active above this number of blobs"`
	CountLimit          int64 `scaler:"countLimit" min:"0" doc:"stop counting at this number of blobs, best blobCount times the most replicas; 0 counts all"`

	BlobPrefix    string `scaler:"blobPrefix" doc:"count blobs in this directory only; with recursive, those whose name begins with it"`
	BlobDelimiter string `scaler:"blobDelimiter" default:"/" doc:"what separates directories in the names of blobs"`
	Recursive     bool   `scaler:"recursive" doc:"count blobs in directories below too"`
	GlobPattern   string `scaler:"globPattern" doc:"count blobs at any depth whose whole name matches this pattern"`

	MetricType scalerkit.TargetKind
	Identity   scalerkit.Identity
}

var (
	containerName = regexp.MustCompile(`^\$?[a-z0-9-]{3,63}$`)
	accountName   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

// Validate checks that there is one way to authenticate, and that the names,
// the pattern and the limit make sense.
func (c *Config) Validate() error {
	problems := []error{azure.CheckIdentity(c.Identity)}
	if c.BlobContainerName != "" && !containerName.MatchString(c.BlobContainerName) {
		problems = append(problems, scalerkit.Problem("blobContainerName", "%q is no name of a container: want 3 to 63 lower-case letters, digits and hyphens", c.BlobContainerName))
	}
	if _, err := azure.BlobSuffix(c.Cloud, "endpointSuffix", c.EndpointSuffix); err != nil {
		problems = append(problems, err)
	}
	if _, err := compileGlob(c.GlobPattern); err != nil {
		problems = append(problems, scalerkit.Problem("globPattern", "%q %v", c.GlobPattern, err))
	}
	if c.CountLimit > 0 && c.CountLimit <= c.ActivationBlobCount {
		problems = append(problems, scalerkit.Problem("countLimit", "%d is not above activationBlobCount, %d: the trigger would never be active", c.CountLimit, c.ActivationBlobCount))
	}
	return errors.Join(append(problems, c.validateAccess())...)
}

func (c *Config) validateAccess() error {
	byName := c.Identity.IsSet() || c.AccountKey.IsSet()
	switch {
	case byName && c.AccountName == "":
		return scalerkit.Problem("accountName", "is missing: without a connection string the storage account has to be named")
	case byName && !accountName.MatchString(c.AccountName):
		return scalerkit.Problem("accountName", "%q is no name of a storage account", c.AccountName)
	case c.Identity.IsSet():
		return nil // and a connection string is not used, as in KEDA
	case c.AccountKey.IsSet() && c.Connection.IsSet():
		return scalerkit.Problem("accountKey", "and connection are both set: keep one of the two")
	case c.AccountKey.IsSet():
		return azure.CheckKey("accountKey", "is not base64", c.AccountKey)
	case !c.Connection.IsSet():
		return scalerkit.Problem("connection", "is missing: give a connection string, accountName and accountKey, or the pod identity azure-workload")
	}
	_, err := azure.ParseAccount("connection", c.Connection)
	return err
}

// checkHosts reports where a valid Config would have the identity's token sent,
// if it must not go there.
func (c *Config) checkHosts(options scalerkit.Options) error {
	if !c.Identity.IsSet() {
		return nil
	}
	cloud, _ := cloudhosts.Azure(c.Cloud) // it was valid before
	return errors.Join(
		azure.CheckService("endpointSuffix", c.account().URL, cloud.Blob, options),
		azure.CheckAuthority(c.Identity, cloud, options))
}

// account returns the account of a valid Config. Its name is in lower case, as
// the service has it, also in what it expects to be signed.
func (c *Config) account() storage.Account {
	name := strings.ToLower(c.AccountName)
	a := storage.Account{Account: azure.Account{Name: name, Key: c.AccountKey}}
	switch {
	case c.Identity.IsSet():
		a = storage.Account{Identity: c.Identity, Cloud: strings.ToLower(c.Cloud)}
	case !c.AccountKey.IsSet():
		a.Account, _ = azure.ParseAccount("connection", c.Connection) // it was valid before
		return a
	}
	suffix, _ := azure.BlobSuffix(c.Cloud, "endpointSuffix", c.EndpointSuffix) // it was valid before
	a.URL = "https://" + name + "." + suffix + "/"
	return a
}
