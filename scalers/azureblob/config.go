package azureblob

import (
	"regexp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
)

// Access is the part of the parameters that says where the storage account is,
// and who asks. Triggers with equal accounts share connections.
type Access = storage.Access

// Entra is the part of an Access that says which of Azure's clouds it is, and who
// asks if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on the number of blobs in a container.
type Config struct {
	Access
	BlobContainerName string `scaler:"blobContainerName,required" doc:"name of the container"`

	BlobCount           int64 `scaler:"blobCount,target" default:"5" min:"1" doc:"target: blobs per replica"`
	ActivationBlobCount int64 `scaler:"activationBlobCount,activation" doc:"the trigger is active above this number of blobs"`
	CountLimit          int64 `scaler:"countLimit" min:"0" doc:"stop counting at this number of blobs, best blobCount times the most replicas; 0 counts all"`

	BlobPrefix    string `scaler:"blobPrefix" doc:"count blobs in this directory only; with recursive, those whose name begins with it"`
	BlobDelimiter string `scaler:"blobDelimiter" default:"/" doc:"what separates directories in the names of blobs"`
	Recursive     bool   `scaler:"recursive" doc:"count blobs in directories below too"`
	GlobPattern   string `scaler:"globPattern" doc:"count blobs at any depth whose whole name matches this pattern"`

	MetricType scalerkit.TargetKind

	account storage.Account
	pattern glob
}

var containerName = regexp.MustCompile(`^\$?[a-z0-9-]{3,63}$`)

// Parse implements [driver.Parser]. It finds the account and the one way to
// authenticate there, and checks that the names, the pattern and the limit make
// sense.
func (c *Config) Parse(p *driver.Problems) {
	c.account = c.ParseAccount(p, azure.Blob)
	if !containerName.MatchString(c.BlobContainerName) {
		p.Add(&c.BlobContainerName, "%q is no name of a container: want 3 to 63 lower-case letters, digits and hyphens", c.BlobContainerName)
	}
	if c.GlobPattern != "" {
		var err error
		if c.pattern, err = parseGlob(c.GlobPattern); err != nil {
			p.Add(&c.GlobPattern, "%q %v", c.GlobPattern, err)
		}
	}
	if c.CountLimit > 0 && c.CountLimit <= c.ActivationBlobCount {
		p.Add(&c.CountLimit, "%d is not above %s, %d: the trigger would never be active", c.CountLimit, p.Name(&c.ActivationBlobCount), c.ActivationBlobCount)
	}
}
