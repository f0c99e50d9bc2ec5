package azurepipelines_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azurepipelines"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// listing is the driver in a program that lists the fakes as identity endpoints.
var listing = azuretest.Listing(azurepipelines.Driver())

func withToken(f *fake, token string) scalerkit.Spec {
	return scalerkit.Spec{
		Metadata: values{"organizationURL": f.HTTP.URL + "/shop"},
		Auth:     scalerkit.Secrets(values{"personalAccessToken": token}),
	}
}

// withApplication has what the azureServicePrincipal of an authentication delivers,
// with a ClientSecret or a ClientCertificate.
func withApplication(f *fake, kind, credential string) scalerkit.Spec {
	i := f.Authority.Identity()
	return scalerkit.Spec{
		Metadata: atTLS(f),
		Auth: scalerkit.Secrets(values{
			"azureServicePrincipal": "true", "azureServicePrincipalTenantId": i.TenantID, "azureServicePrincipalClientId": i.ID,
			"azureServicePrincipal" + kind: credential, "azureServicePrincipalCloud": "Private",
			"azureServicePrincipalActiveDirectoryEndpoint": i.AuthorityHost,
		}),
	}
}

func atTLS(f *fake) values {
	return values{"organizationURL": f.HTTPS.URL + "/shop", "cloud": "Private"}
}

var accesses = map[string]azuretest.Access[*fake]{
	"Token": {
		Spec:    func(f *fake) scalerkit.Spec { return withToken(f, pat) },
		Denied:  func(f *fake) scalerkit.Spec { return withToken(f, "wrong-token") },
		Secrets: []string{pat, "wrong-token"}, Hosts: 1,
	},
	"Identity": azuretest.ByIdentity(func(f *fake) *azuretest.Authority { return f.Authority }, atTLS),
	"Application": {
		Spec:    func(f *fake) scalerkit.Spec { return withApplication(f, "ClientSecret", azuretest.ApplicationSecret) },
		Denied:  func(f *fake) scalerkit.Spec { return withApplication(f, "ClientSecret", "wrong-secret") },
		Secrets: []string{"of-the-authority", azuretest.ApplicationSecret, "wrong-secret"}, Hosts: 2, TLS: true,
	},
}

// trigger adds to the spec what is read.
func trigger(spec scalerkit.Spec, pool string, more values) scalerkit.Spec {
	metadata := values{"poolName": pool}
	maps.Copy(metadata, spec.Metadata)
	maps.Copy(metadata, more)
	spec.Type, spec.Name, spec.Metadata = "azure-pipelines", "orders", metadata
	return spec
}

func TestSuite(t *testing.T) {
	for name, a := range accesses {
		t.Run(name, func(t *testing.T) {
			a.Run(t, scalertest.Suite{Driver: listing, New: scalertest.Typed(azurepipelines.New), Start: func(tb testing.TB) scalertest.Source {
				f := newFake(tb)
				at := func(pool string) scalertest.Trigger {
					return scalertest.Trigger{Spec: trigger(a.Spec(f), pool, nil), Set: func(_ context.Context, level float64) error {
						jobs := []object{finished()}
						for range int(level) {
							jobs = append(jobs, waiting())
						}
						f.set(pool, jobs...)
						return nil
					}}
				}
				missing, denied := trigger(a.Spec(f), "missing", nil), trigger(a.Denied(f), "orders", nil)
				return scalertest.Source{
					Trigger: at("orders"), TargetKey: "targetPipelinesQueueLength", ActivationKey: "activationTargetPipelinesQueueLength",
					Missing: &missing, Denied: &denied, MaxConns: 32,
					Peers: func(n int) []scalertest.Trigger {
						peers := make([]scalertest.Trigger, n)
						for i := range peers {
							peers[i] = at(fmt.Sprintf("peer-%d", i))
						}
						return peers
					},
				}
			}})
		})
	}
}

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	f := newFake(t)
	host := strings.TrimPrefix(f.HTTPS.URL, "https://")
	at := func(url string, more values) values {
		m := values{"poolName": "orders", "organizationURL": url}
		maps.Copy(m, more)
		return m
	}
	const devOps = "dev.azure.com, *.dev.azure.com, *.visualstudio.com"
	f.Authority.Attacks(t, azurepipelines.Driver(), map[string]azuretest.Attack{
		"a host of the attacker's": {
			Metadata: at(f.HTTPS.URL+"/shop", nil), Listed: []string{f.Authority.Host()},
			Want: azuretest.Refused("organizationURL", host, devOps),
		},
		"in a private cloud": {
			Metadata: at(f.HTTPS.URL+"/shop", values{"cloud": "Private"}), Listed: []string{f.Authority.Host()},
			Want: azuretest.Refused("organizationURL", host, ""),
		},
		"an authority of the attacker's": {
			Metadata: at("https://dev.azure.com/shop", nil),
			Want:     azuretest.Refused("identityAuthorityHost", f.Authority.Host(), azuretest.PublicAuthorities),
		},
	}, f.Count)
}
