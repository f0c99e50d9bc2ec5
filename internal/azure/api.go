package azure

import (
	"net/url"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// API is the part of a trigger's parameters that says as whom to ask one of
// Azure's APIs over HTTP: as whom Entra says, or as an application with a secret.
type API struct {
	Entra
	TenantID     string           `scaler:"tenantId" from:"metadata,auth,env" doc:"tenant of the application"`
	ClientID     string           `scaler:"activeDirectoryClientId|clientId" from:"metadata,auth,env" doc:"application, in place of a pod identity"`
	ClientSecret scalerkit.Secret `scaler:"activeDirectoryClientPassword|clientSecret" from:"auth,env,metadata" doc:"secret of the application"`
	Authority    string           `scaler:"activeDirectoryEndpoint" from:"metadata,auth,env" doc:"URL of Entra for the application, in place of the cloud's; needed in the cloud Private"`
}

// Principal returns who asks.
func (a *API) Principal() Principal {
	if a.IsSet() {
		return a.Entra.Principal()
	}
	return Principal{
		Application: Application{TenantID: a.TenantID, ClientID: a.ClientID, Secret: a.ClientSecret, Authority: a.Authority},
		Cloud:       a.Cloud,
	}
}

// A Caller is who asks an API with one URL. It is comparable.
type Caller struct {
	Server    string
	Principal Principal
}

// Caller returns who asks the API with the URL that ParseAPI returned.
func (a *API) Caller(server string) Caller { return Caller{server, a.Principal()} }

// Authenticator returns what makes requests those of c.
func (c Caller) Authenticator(o scalerkit.Options) httpsource.Authenticator {
	return c.Principal.Authenticator(c.Server+"/.default", o)
}

// ParseAPI returns the URL of an API that has one host in each cloud, empty if
// there is none, and finds fault with who asks. The host in the cloud Private is
// what the trigger says in private.
func (a *API) ParseAPI(p *driver.Problems, hosts func(cloudhosts.AzureCloud) cloudhosts.Hosts, private *string) string {
	cloud, ok := a.ParseCloud(p, private)
	if !a.IsSet() {
		a.parseApplication(p, cloud)
	}
	if !ok {
		return ""
	}
	return a.ParseEndpoint(p, cloud, hosts(cloud), private)
}

func (a *API) parseApplication(p *driver.Problems, cloud cloudhosts.AzureCloud) {
	if a.ClientID == "" {
		p.Add(&a.ClientID, "is missing: say who asks, with it, %s and %s, or with the pod identity %s", p.Name(&a.ClientSecret), p.Name(&a.TenantID), provider)
		return
	}
	if a.TenantID == "" {
		p.Add(&a.TenantID, "is missing: it goes with %s", p.Name(&a.ClientID))
	}
	if !a.ClientSecret.IsSet() {
		p.Add(&a.ClientSecret, "is missing: it goes with %s", p.Name(&a.ClientID))
	}
	ParseAuthority(p, &a.Authority, cloud)
}

// ParseAuthority finds fault with the URL of Entra that an application names, unless
// it names none and is in a cloud that has one.
func ParseAuthority(p *driver.Problems, authority *string, cloud cloudhosts.AzureCloud) {
	switch u, err := url.Parse(*authority); {
	case *authority == "" && cloud.Name == cloudhosts.Private:
		p.Add(authority, "is missing: the cloud %s needs it, a URL such as https://login.example.com/", cloudhosts.Private)
	case *authority != "" && (err != nil || u.Scheme != "https" || u.Host == ""):
		p.Add(authority, "is not a URL such as https://login.example.com/")
	}
}
