package azure

import (
	"strings"

	"github.com/scalerkit/scalerkit"
)

// A place is one of Microsoft's clouds.
type place struct {
	serviceBus string // suffix of Service Bus and Event Hubs namespaces
	storage    string // suffix of storage accounts, without the service
	authority  string // who gives out tokens; empty leaves it to azidentity
}

var (
	public  = place{"servicebus.windows.net", "core.windows.net", ""}
	us      = place{"servicebus.usgovcloudapi.net", "core.usgovcloudapi.net", "https://login.microsoftonline.us/"}
	china   = place{"servicebus.chinacloudapi.cn", "core.chinacloudapi.cn", "https://login.chinacloudapi.cn/"}
	germany = place{"servicebus.cloudapi.de", "core.cloudapi.de", "https://login.microsoftonline.de/"}
)

// places has the clouds by the names that a trigger may give them, in lower
// case.
var places = map[string]place{
	"":                         public,
	"azurepubliccloud":         public,
	"azurecloud":               public,
	"azureusgovernment":        us,
	"azureusgovernmentcloud":   us,
	"azurechinacloud":          china,
	"azuregermancloud":         germany,
	strings.ToLower(privately): {},
}

const (
	privately = "Private"
	known     = "AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private"
)

// ServiceBusSuffix returns the suffix of Service Bus and Event Hubs namespaces
// in a cloud, for example "servicebus.windows.net". In the cloud "Private" it
// is private, which the trigger gives as the parameter with the given key.
func ServiceBusSuffix(cloud, key, private string) (string, error) {
	p, err := find(cloud, key, private, "servicebus.example.com")
	if err != nil || p == (place{}) {
		return private, err
	}
	return p.serviceBus, nil
}

// BlobSuffix is like ServiceBusSuffix for the blob service of storage
// accounts, for example "blob.core.windows.net".
func BlobSuffix(cloud, key, private string) (string, error) {
	p, err := find(cloud, key, private, "blob.example.com")
	if err != nil || p == (place{}) {
		return private, err
	}
	return "blob." + p.storage, nil
}

// find returns a cloud, the zero place for a private one.
func find(cloud, key, private, example string) (place, error) {
	p, ok := places[strings.ToLower(cloud)]
	switch {
	case strings.EqualFold(cloud, "AzureStackCloud"):
		return place{}, scalerkit.Problem("cloud", "%q needs a file that only KEDA reads: use Private, and %s", cloud, key)
	case !ok:
		return place{}, scalerkit.Problem("cloud", "%q is not one of %s", cloud, known)
	case p == place{} && private == "":
		return place{}, scalerkit.Problem(key, "is missing: the cloud %s needs it, such as %q", privately, example)
	}
	return p, nil
}
