package azuretest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// An APIKit tests the driver of one of Azure's APIs that measure things, and take
// tokens of Entra only.
type APIKit struct {
	Driver scalerkit.Driver
	New    scalertest.Constructor

	// URLKey is the parameter with the URL of the API in the cloud Private.
	URLKey string

	// Metadata returns what else a trigger on one thing has.
	Metadata func(thing string) map[string]string

	// Serve answers a request of somebody with a token, by the levels of things,
	// which are there if they have one.
	Serve func(w http.ResponseWriter, r *http.Request, levels map[string]float64)

	TargetKey, ActivationKey string

	// Missing says that the API tells what is not there from what has no level.
	Missing bool
}

// An API is a fake.
type API struct {
	*Server
	levels map[string]float64
}

// NewAPI returns an API that ends with the test.
func (k APIKit) NewAPI(tb testing.TB) *API {
	a := &API{levels: make(map[string]float64)}
	a.Server = NewServer(tb, func(w http.ResponseWriter, r *http.Request) {
		if !a.HasToken(r) {
			RefuseAPI(w, http.StatusUnauthorized, "InvalidTokenError", "The token "+r.Header.Get("Authorization")+" is not valid")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		k.Serve(w, r, a.levels)
	})
	return a
}

// RefuseAPI answers as Azure's APIs do.
func RefuseAPI(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":%q}}`, code, message)
}

// Set sets the level of a thing.
func (a *API) Set(thing string, level float64) { a.Do(func() { a.levels[thing] = level }) }

// Spec is a trigger on one thing, by the identity of a workload, with more metadata.
func (k APIKit) Spec(a *API, thing string, more map[string]string) scalerkit.Spec {
	return k.spec(k.accesses()["Identity"].Spec(a), thing, more)
}

func (k APIKit) spec(spec scalerkit.Spec, thing string, more map[string]string) scalerkit.Spec {
	metadata := maps.Clone(spec.Metadata)
	maps.Copy(metadata, k.Metadata(thing))
	maps.Copy(metadata, more)
	spec.Type, spec.Name, spec.Metadata = k.Driver.Name(), "orders", metadata
	return spec
}

// Open opens such a trigger.
func (k APIKit) Open(t testing.TB, a *API, thing string, more map[string]string, o scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	NeedTrust(t)
	s, err := Listing(k.Driver).Open(k.Spec(a, thing, more), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// at is the metadata that leads to the API.
func (k APIKit) at(a *API) map[string]string {
	return map[string]string{"cloud": "Private", k.URLKey: a.HTTPS.URL + "/"}
}

func (k APIKit) accesses() map[string]Access[*API] {
	application := func(a *API, secret string) scalerkit.Spec {
		i := a.Authority.Identity()
		metadata := k.at(a)
		maps.Copy(metadata, map[string]string{"tenantId": i.TenantID, "activeDirectoryEndpoint": i.AuthorityHost})
		return scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(map[string]string{
			"activeDirectoryClientId": i.ID, "activeDirectoryClientPassword": secret,
		})}
	}
	return map[string]Access[*API]{
		"Identity": ByIdentity(func(a *API) *Authority { return a.Authority }, k.at),
		"Application": {
			Spec:    func(a *API) scalerkit.Spec { return application(a, ApplicationSecret) },
			Denied:  func(a *API) scalerkit.Spec { return application(a, "wrong-secret") },
			Secrets: []string{"of-the-authority", ApplicationSecret, "wrong-secret"}, Hosts: 2, TLS: true,
		},
	}
}

// Run runs the suite with every way to authenticate, and sees to it that the tokens
// of an identity stay in their cloud. Credential makes a Scaler on "orders" as a
// program does that brings its credential.
func (k APIKit) Run(t *testing.T, bring func(a *API, credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error)) {
	for name, access := range k.accesses() {
		t.Run(name, func(t *testing.T) {
			access.Run(t, scalertest.Suite{Driver: Listing(k.Driver), New: k.New, Start: func(tb testing.TB) scalertest.Source {
				return k.source(k.NewAPI(tb), access)
			}})
		})
	}
	t.Run("Attacks", func(t *testing.T) { k.attacks(t) })
	t.Run("Credential", func(t *testing.T) {
		NeedTrust(t)
		a := k.NewAPI(t)
		a.Set("orders", 1)
		scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
			o.IdentityEndpoints = []string{"127.0.0.1"}
			return bring(a, credential, o)
		}, a.Authority.Credential(), a.Authority.Credential())
	})
}

func (k APIKit) source(a *API, access Access[*API]) scalertest.Source {
	at := func(thing string) scalertest.Trigger {
		return scalertest.Trigger{Spec: k.spec(access.Spec(a), thing, nil), Set: func(_ context.Context, level float64) error {
			a.Set(thing, level)
			return nil
		}}
	}
	denied := k.spec(access.Denied(a), "orders", nil)
	s := scalertest.Source{
		Trigger: at("orders"), TargetKey: k.TargetKey, ActivationKey: k.ActivationKey, Denied: &denied, MaxConns: 32,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = at(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
	if k.Missing {
		missing := k.spec(access.Spec(a), "missing", nil)
		s.Missing = &missing
	}
	return s
}

// attacks plays somebody who writes a trigger to get hold of the tokens of the
// program's identity.
func (k APIKit) attacks(t *testing.T) {
	a := k.NewAPI(t)
	host := strings.TrimPrefix(a.HTTPS.URL, "https://")
	private := k.spec(scalerkit.Spec{Metadata: k.at(a)}, "orders", nil).Metadata
	a.Authority.Attacks(t, k.Driver, map[string]Attack{
		"a host of the attacker's": {Metadata: private, Listed: []string{a.Authority.Host()}, Want: Refused(k.URLKey, host, "")},
		"an authority of the attacker's": {
			Metadata: k.Metadata("orders"), Want: Refused("identityAuthorityHost", a.Authority.Host(), PublicAuthorities),
		},
	}, a.Count)
}
