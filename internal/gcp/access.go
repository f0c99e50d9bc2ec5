package gcp

import (
	"cmp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Access is the part of a trigger's parameters that says as whom to ask a service
// of Google's, and where that is.
type Access struct {
	Identity scalerkit.Identity
	Key      scalerkit.Secret `scaler:"GoogleApplicationCredentials|credentials" from:"auth,env" doc:"key of a Google service account, as JSON; not used with a pod identity"`
	Endpoint string           `scaler:"gcpEndpoint" doc:"URL of the service, in place of Google's"`

	// Credential, if not nil, says who asks, and nothing above does. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential oauth2.TokenSource `scaler:"-"`

	_ struct{} `scaler:"credentialsFromEnvFile" doc:"is not supported, since it names a file of the program's: give the key itself"`
}

const provider = "gcp"

// Principal returns who asks.
func (a *Access) Principal() Principal {
	switch {
	case a.Credential != nil:
		return Principal{Credential: a.Credential}
	case a.Identity.IsSet():
		return Principal{Identity: a.Identity}
	}
	return Principal{Key: a.Key}
}

// URL returns where the service is that Google has at the given host, without a
// slash at the end.
func (a *Access) URL(host string) string {
	return strings.TrimSuffix(cmp.Or(a.Endpoint, "https://"+host), "/")
}

// Parse implements [driver.Parser]. It says whether there is somebody to ask as,
// whose token may be sent where the service is.
func (a *Access) Parse(p *driver.Problems) {
	switch {
	case a.Credential != nil:
	case a.Identity.IsSet() && a.Identity.Provider != provider:
		p.Add(&a.Identity, "%q is not one that Google knows: use %s, or the key of a service account", a.Identity.Provider, provider)
	case a.Identity.IsSet():
	case !a.Key.IsSet():
		p.Add(&a.Key, "is missing: give the key of a service account, or the pod identity %s", provider)
	default:
		if err := a.Principal().Check(p.Options()); err != nil {
			p.Add(&a.Key, "%v", err)
		}
	}
	if a.Endpoint != "" {
		if err := cloudhosts.Google.Check(a.Endpoint, p.Options().IdentityEndpoints); err != nil {
			p.Add(&a.Endpoint, "%v", err)
		}
	}
}
