package azureblob

import (
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
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

	account storage.Account
	pattern *glob // nil: every name will do
}

var (
	containerName = regexp.MustCompile(`^\$?[a-z0-9-]{3,63}$`)
	accountName   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

// Parse implements [driver.Parser]. It finds the account and the one way to
// authenticate there, and checks that the names, the pattern and the limit make
// sense.
func (c *Config) Parse(p *driver.Problems) {
	c.parseAccount(p)
	if !containerName.MatchString(c.BlobContainerName) {
		p.Add(&c.BlobContainerName, "%q is no name of a container: want 3 to 63 lower-case letters, digits and hyphens", c.BlobContainerName)
	}
	if c.GlobPattern != "" {
		var err error
		if c.pattern, err = compileGlob(c.GlobPattern); err != nil {
			p.Add(&c.GlobPattern, "%q %v", c.GlobPattern, err)
		}
	}
	if c.CountLimit > 0 && c.CountLimit <= c.ActivationBlobCount {
		p.Add(&c.CountLimit, "%d is not above %s, %d: the trigger would never be active", c.CountLimit, p.Name(&c.ActivationBlobCount), c.ActivationBlobCount)
	}
}

// parseAccount finds the account. Its name is in lower case, as the service has
// it, also in what it expects to be signed.
func (c *Config) parseAccount(p *driver.Problems) {
	cloud, ok := azure.ParseCloud(p, &c.Cloud, &c.EndpointSuffix, &c.Identity)
	name := strings.ToLower(c.AccountName)
	if ok {
		c.account.URL = "https://" + name + "." + azure.ParseSuffix(p, cloud.Blob, &c.EndpointSuffix, "blob.example.com") + "/"
	}
	switch byName := c.Identity.IsSet() || c.AccountKey.IsSet(); {
	case byName && name == "":
		p.Add(&c.AccountName, "is missing: without a connection string the storage account has to be named")
	case byName && !accountName.MatchString(name):
		p.Add(&c.AccountName, "%q is no name of a storage account", c.AccountName)
	case c.Identity.IsSet(): // and a connection string is not used, as in KEDA
		c.account.Identity, c.account.Cloud = c.Identity, strings.ToLower(c.Cloud)
		if ok {
			azure.CheckAddress(p, &c.EndpointSuffix, c.account.URL, cloud.Blob)
		}
	case c.AccountKey.IsSet() && c.Connection.IsSet():
		p.Add(&c.AccountKey, "and %s are both set: keep one of the two", p.Name(&c.Connection))
	case c.AccountKey.IsSet():
		c.account.Name, c.account.Key = name, c.AccountKey
		if !azure.IsKey(c.AccountKey) {
			p.Add(&c.AccountKey, "is not base64")
		}
	case !c.Connection.IsSet():
		p.Add(&c.Connection, "is missing: give a connection string, accountName and accountKey, or the pod identity azure-workload")
	default:
		var err error
		if c.account.Account, err = azure.ParseAccount(c.Connection); err != nil {
			p.Add(&c.Connection, "%v", err)
		}
	}
}
