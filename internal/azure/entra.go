package azure

import (
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

const (
	publicStorage = "core.windows.net" // suffix of storage accounts, without the service
	known         = "AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private"
)

// Entra is the part of a trigger's parameters that says which of Azure's clouds a
// service is in, and who asks if that is somebody whom Entra gives tokens.
type Entra struct {
	Cloud    string `scaler:"cloud" doc:"AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud or Private; the public one if not given"`
	Identity scalerkit.Identity

	// Credential, if not nil, says who asks, and Identity does not. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential azcore.TokenCredential `scaler:"-"`
}

// IsSet reports whether it is somebody whom Entra gives tokens that asks.
func (e *Entra) IsSet() bool { return e.Credential != nil || e.Identity.IsSet() }

// Principal returns who asks.
func (e *Entra) Principal() Principal {
	if e.Credential != nil {
		return Principal{Credential: e.Credential}
	}
	return Principal{Identity: e.Identity, Cloud: strings.ToLower(e.Cloud)}
}

// ParseCloud returns the cloud, and false if there is no such cloud. It finds
// fault with its name, and with the identity unless that may be used there. The
// suffix is the parameter for hosts of a private cloud.
func (e *Entra) ParseCloud(p *driver.Problems, suffix *string) (cloud cloudhosts.AzureCloud, ok bool) {
	cloud, ok = cloudhosts.Azure(e.Cloud)
	switch {
	case strings.EqualFold(e.Cloud, "AzureStackCloud"):
		p.Add(&e.Cloud, "%q needs a file that only KEDA reads: use Private, and %s", e.Cloud, p.Name(suffix))
	case !ok:
		p.Add(&e.Cloud, "%q is not one of %s", e.Cloud, known)
	}
	for _, problem := range scalerkit.ConfigErrors(CheckIdentity(e.Identity)) {
		p.Add(&e.Identity, "%s", problem.Problem)
	}
	if ok && e.Identity.IsSet() {
		for _, problem := range scalerkit.ConfigErrors(CheckAuthority(e.Identity, cloud, p.Options())) {
			p.Add(&e.Identity.AuthorityHost, "%s", problem.Problem)
		}
	}
	return cloud, ok
}

// CheckToken finds fault with a field that decides on an address unless a token
// may be sent there; see package cloudhosts.
func (e *Entra) CheckToken(p *driver.Problems, field any, address string, hosts cloudhosts.Hosts) {
	if !e.IsSet() {
		return
	}
	if err := hosts.Check(address, p.Options().IdentityEndpoints); err != nil {
		p.Add(field, "%v", err)
	}
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

// label is what the name of a namespace or account looks like, which is the first
// part of a host's.
var label = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// ParseNamespace returns the namespace of Service Bus or Event Hubs that has the
// given name, for Entra's tokens. Spoken to by scheme, it is in the cloud that e
// names, or the one with the suffix.
func (e *Entra) ParseNamespace(p *driver.Problems, name, suffix *string, scheme string) Access {
	cloud, ok := e.ParseCloud(p, suffix)
	switch {
	case *name == "":
		p.Add(name, "is missing: without a connection string the namespace has to be named")
	case !label.MatchString(*name):
		p.Add(name, "%q is no name of a namespace: want the part before .servicebus.windows.net", *name)
	}
	if !ok || !p.Valid(name) {
		return Access{}
	}
	host := *name + "." + ParseSuffix(p, cloud.ServiceBus, suffix, "servicebus.example.com")
	e.CheckToken(p, suffix, scheme+"://"+host, cloud.ServiceBus)
	return Access{Namespace: Namespace{Host: host}, Principal: e.Principal()}
}

// ParseAccountName finds fault with the name of a storage account, and returns it
// in lower case, as the service has it, also in what it expects to be signed.
func ParseAccountName(p *driver.Problems, name *string) string {
	switch {
	case *name == "":
		p.Add(name, "is missing: without a connection string the storage account has to be named")
	case !label.MatchString(*name):
		p.Add(name, "%q is no name of a storage account", *name)
	}
	return strings.ToLower(*name)
}

// ParseEndpoint returns the URL of an API that has one host in each cloud, such as
// "https://api.applicationinsights.io". In the cloud Private, that is what the
// trigger says in private.
func (e *Entra) ParseEndpoint(p *driver.Problems, cloud cloudhosts.AzureCloud, hosts cloudhosts.Hosts, private *string) string {
	switch {
	case cloud.Name != cloudhosts.Private && len(hosts) > 0:
		return "https://" + hosts[0]
	case cloud.Name != cloudhosts.Private:
		p.Add(&e.Cloud, "%s does not have this service", cloud.Name)
		return ""
	case *private == "":
		p.Add(private, "is missing: the cloud %s needs it, a URL such as https://api.example.com", cloudhosts.Private)
		return ""
	}
	url := strings.TrimSuffix(*private, "/")
	e.CheckToken(p, private, url, nil)
	return url
}
