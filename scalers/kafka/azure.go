package kafka

import (
	"net"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// The providers of an Identity and of tokens that are Azure's.
const (
	providerAzure  = "azure-workload"
	azureWorkloads = "azure_workload_identity"
)

// usesAzure reports whether the brokers take a token of Azure's for an identity. A
// client secret comes before that, unless the trigger says so.
func (c *Cluster) usesAzure() bool {
	if c.Credential != nil || c.SASL != "oauthbearer" {
		return false
	}
	return c.OAuth.Provider == azureWorkloads || c.OAuth.Provider == "" && c.AWS.Identity.Provider == providerAzure && !c.Password.IsSet()
}

// parseAzure checks whether a token of the Identity may be sent to the brokers.
func (c *Cluster) parseAzure(p *driver.Problems) {
	if c.AWS.Identity.Provider != providerAzure {
		p.Add(&c.AWS.Identity, "is missing, or not of the provider %s: saslTokenProvider %s needs one of that", providerAzure, azureWorkloads)
		return
	}
	if c.OAuth.Tokens == nil {
		p.Add(&c.AWS.Identity, "%q is not a provider that this program and this trigger type know", c.AWS.Identity.Provider)
		return
	}
	c.checkEach(p, checkEventHubs)
	proven := !slices.ContainsFunc(c.BootstrapServers, func(address string) bool {
		return cloudhosts.Hosts(nil).Check(address, p.Options().IdentityEndpoints) != nil
	})
	if !proven && !c.useTLS() {
		p.Add(&c.TLSMode, "has to be enable: the token of an identity goes nowhere without TLS")
	}
	if !proven && c.TLS.Insecure {
		p.Add(&c.TLS.Insecure, "does not go with the token of an identity: the brokers have to prove who they are")
	}
}

// checkEventHubs returns an error unless a broker may be sent a token of Azure's.
func checkEventHubs(address string, options scalerkit.Options) error {
	public, _ := cloudhosts.Azure(cloudhosts.Public)
	return public.ServiceBus.Check(address, options.IdentityEndpoints)
}

// azureScope returns what the token is for: the namespace of Event Hubs, unless the
// trigger has another.
func (c *Cluster) azureScope() string {
	if len(c.OAuth.Scopes) > 0 {
		return strings.Join(c.OAuth.Scopes, " ")
	}
	host, _, _ := net.SplitHostPort(c.BootstrapServers[0]) // its format has been checked
	return "https://" + host + "/.default"
}

// An unforgetting has tokens that are used until they expire, refused or not.
type unforgetting struct{ driver.TokenSource }

// Forget implements tokenSource.
func (unforgetting) Forget(string) {}
