package azure

import (
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

const (
	publicStorage = "core.windows.net" // suffix of storage accounts, without the service
	known         = "AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private"
)

// ParseCloud returns the cloud that a Config names, and false if there is no such
// cloud. It finds fault with the name, and with the identity unless that may be
// used there. The suffix is the parameter for hosts of a private cloud.
func ParseCloud(p *driver.Problems, name, suffix *string, identity *scalerkit.Identity) (cloud cloudhosts.AzureCloud, ok bool) {
	cloud, ok = cloudhosts.Azure(*name)
	switch {
	case strings.EqualFold(*name, "AzureStackCloud"):
		p.Add(name, "%q needs a file that only KEDA reads: use Private, and %s", *name, p.Name(suffix))
	case !ok:
		p.Add(name, "%q is not one of %s", *name, known)
	}
	for _, e := range scalerkit.ConfigErrors(CheckIdentity(*identity)) {
		p.Add(identity, "%s", e.Problem)
	}
	if ok && identity.IsSet() {
		for _, e := range scalerkit.ConfigErrors(CheckAuthority(*identity, cloud, p.Options())) {
			p.Add(&identity.AuthorityHost, "%s", e.Problem)
		}
	}
	return cloud, ok
}

// ParseSuffix returns what the names of a service's hosts in a cloud end with,
// for example "servicebus.windows.net". In the cloud Private, which has no hosts,
// that is what the trigger says, and has to say: the example is of that.
func ParseSuffix(p *driver.Problems, hosts cloudhosts.Hosts, private *string, example string) string {
	if len(hosts) > 0 {
		return hosts.Suffix()
	}
	if *private == "" {
		p.Add(private, "is missing: the cloud %s needs it, such as %q", cloudhosts.Private, example)
	}
	return *private
}

// CheckAddress finds fault with a field that decides on an address unless the
// token of an identity may be sent there; see package cloudhosts.
func CheckAddress(p *driver.Problems, field any, address string, hosts cloudhosts.Hosts) {
	if err := hosts.Check(address, p.Options().IdentityEndpoints); err != nil {
		p.Add(field, "%v", err)
	}
}
