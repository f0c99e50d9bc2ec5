package azure

import (
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

const (
	publicStorage = "core.windows.net" // suffix of storage accounts, without the service
	known         = "AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private"
)

// ServiceBusSuffix returns the suffix of Service Bus and Event Hubs namespaces
// in a cloud, for example "servicebus.windows.net". In the cloud "Private" it
// is private, which the trigger gives as the parameter with the given key.
func ServiceBusSuffix(cloud, key, private string) (string, error) {
	c, err := find(cloud, key, private, "servicebus.example.com")
	if err != nil || c.Name == cloudhosts.Private {
		return private, err
	}
	return c.ServiceBus.Suffix(), nil
}

// BlobSuffix is like ServiceBusSuffix for the blob service of storage
// accounts, for example "blob.core.windows.net".
func BlobSuffix(cloud, key, private string) (string, error) {
	c, err := find(cloud, key, private, "blob.example.com")
	if err != nil || c.Name == cloudhosts.Private {
		return private, err
	}
	return c.Blob.Suffix(), nil
}

// find returns a cloud, and a problem if it is a private one without a suffix.
func find(cloud, key, private, example string) (cloudhosts.AzureCloud, error) {
	c, ok := cloudhosts.Azure(cloud)
	switch {
	case strings.EqualFold(cloud, "AzureStackCloud"):
		return c, scalerkit.Problem("cloud", "%q needs a file that only KEDA reads: use Private, and %s", cloud, key)
	case !ok:
		return c, scalerkit.Problem("cloud", "%q is not one of %s", cloud, known)
	case c.Name == cloudhosts.Private && private == "":
		return c, scalerkit.Problem(key, "is missing: the cloud %s needs it, such as %q", cloudhosts.Private, example)
	}
	return c, nil
}
