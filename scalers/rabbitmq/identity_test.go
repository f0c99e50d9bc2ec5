package rabbitmq_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// listing is the driver in a program that lists the fakes as identity
// endpoints.
var listing = azuretest.Listing(rabbitmq.Driver())

// A pod has a workload identity.
type pod struct {
	*azuretest.Authority
	url string // of the authority, which is spoken to without TLS
}

func newPod(t *testing.T) pod {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(azuretest.Assertion+"\n"), 0o600))
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", file)
	return pod{}.with(t)
}

// with returns the pod with an authority of its own.
func (p pod) with(tb testing.TB) pod {
	p.Authority = azuretest.NewAuthority(tb)
	server := httptest.NewServer(p.Authority)
	tb.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// at returns an identity that gets its tokens from the authority.
func (p pod) at(identity scalerkit.Identity) scalerkit.Identity {
	identity.AuthorityHost = p.url
	return identity
}

func identified(identity scalerkit.Identity, host string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "rabbitmq", Name: "orders", Identity: identity, Metadata: values{"queueName": "orders"},
		Auth: scalerkit.Secrets(values{"host": host, "workloadIdentityResource": "api://rabbitmq"}),
	}
}

func TestSuiteWithWorkloadIdentity(t *testing.T) {
	p := newPod(t)
	scalertest.Suite{Driver: listing, Start: func(tb testing.TB) scalertest.Source {
		p, f := p.with(tb), newFake()
		f.grant = p.Accepts
		s := source("http://"+f.serveHTTP(tb, nil), "", nil, func(_ context.Context, queue string, n int) error {
			f.set("/", queue, stats{ready: n})
			return nil
		})
		identify := func(spec *scalerkit.Spec, identity scalerkit.Identity) {
			spec.Identity = p.at(identity)
			spec.Auth["workloadIdentityResource"] = scalerkit.NewSecret("api://rabbitmq")
			delete(spec.Auth, "username")
			delete(spec.Auth, "password")
		}
		identify(&s.Spec, p.Identity())
		identify(s.Missing, p.Identity())
		identify(s.Denied, p.Stranger())
		peers := s.Peers
		s.Peers = func(n int) []scalertest.Trigger {
			all := peers(n)
			for i := range all {
				identify(&all[i].Spec, p.Identity())
			}
			return all
		}
		s.Secrets = []string{"of-the-authority", azuretest.Assertion}
		s.MaxConns = 2 + 1 // to the server and the authority
		return s
	}}.Run(t)
}

func TestATokenIsForTheResource(t *testing.T) {
	p, f := newPod(t), newFake()
	f.grant = p.Accepts
	f.set("/", "orders", stats{ready: 3})
	var form map[string][]string
	p.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
		require.NoError(t, r.ParseForm())
		require.Equal(t, "/a%2Ftenant/oauth2/v2.0/token", r.URL.EscapedPath())
		form = r.PostForm
		return false
	})
	identity := p.at(p.Identity())
	identity.TenantID = "a/tenant"
	for name, change := range map[string]func(*scalerkit.Spec){
		"as the trigger says": func(*scalerkit.Spec) {},
		"in place of the user in the host": func(s *scalerkit.Spec) {
			s.Auth["host"] = scalerkit.NewSecret(strings.Replace(s.Auth["host"].Reveal(), "http://", "http://u:p@", 1))
		},
		"in place of a user": func(s *scalerkit.Spec) { s.Auth["username"], s.Auth["password"] = s.Auth["host"], s.Auth["host"] },
		"as the pod says": func(s *scalerkit.Spec) {
			t.Setenv("AZURE_CLIENT_ID", identity.ID)
			t.Setenv("AZURE_TENANT_ID", identity.TenantID)
			t.Setenv("AZURE_AUTHORITY_HOST", p.url+"/")
			s.Identity = scalerkit.Identity{}
		},
	} {
		spec := identified(identity, "http://"+f.serveHTTP(t, nil))
		change(&spec)
		s, err := listing.Open(spec, scalerkit.Options{})
		require.NoError(t, err, name)
		r, err := s.Read(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, float64(3), r.Value)
		require.Equal(t, map[string][]string{
			"grant_type": {"client_credentials"}, "client_id": {"the-client"}, "scope": {"api://rabbitmq/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {azuretest.Assertion},
		}, form, name)
		require.NoError(t, s.Close())
	}
}

func TestAProcessWithoutAnIdentity(t *testing.T) {
	for _, variable := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
		t.Setenv(variable, "")
	}
	s, err := listing.Open(identified(scalerkit.Identity{ID: "x"}, "http://127.0.0.1:1"), scalerkit.Options{})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Read(t.Context())
	require.EqualError(t, err, `read queue "orders": this process has no Azure workload identity: AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE not set`)
}

// TestTheTokenOfAnIdentityGoesToNoStranger plays somebody who writes a trigger
// to get hold of a token of the program's identity.
func TestTheTokenOfAnIdentityGoesToNoStranger(t *testing.T) {
	p, f := newPod(t), newFake()
	f.grant = func(string) bool { return true }
	f.set("/", "orders", stats{ready: 3})
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	defer certified.Close()
	plain, secure := f.serveHTTP(t, nil), f.serveHTTP(t, &tls.Config{Certificates: certified.TLS.Certificates})
	authority := strings.TrimPrefix(p.url, "http://")
	const unlisted = `" may not be sent the token of an identity: let the administrator list it as an identity endpoint`
	noHost := func(host string) string { return `host: "` + host + unlisted }
	t.Setenv("AZURE_CLIENT_ID", p.Identity().ID)
	t.Setenv("AZURE_TENANT_ID", p.Identity().TenantID)
	t.Setenv("AZURE_AUTHORITY_HOST", p.url)

	for name, c := range map[string]struct {
		host     string
		identity scalerkit.Identity
		listed   []string
		want     string
	}{
		"without TLS":           {"http://" + plain, p.at(p.Identity()), []string{authority}, noHost(plain)},
		"with TLS":              {"https://" + secure, p.at(p.Identity()), []string{authority}, noHost(secure)},
		"the process's own":     {"https://" + secure, scalerkit.Identity{}, nil, noHost(secure)},
		"a host behind a user":  {"https://rabbitmq.example.com@" + secure, scalerkit.Identity{}, []string{"rabbitmq.example.com"}, noHost(secure)},
		"another service":       {"https://evil.servicebus.windows.net", scalerkit.Identity{}, nil, noHost("evil.servicebus.windows.net")},
		"a foreign authority":   {"http://" + plain, p.at(p.Identity()), []string{plain}, `identityAuthorityHost: "` + authority + `" may not be sent the token of an identity: use login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net, login.microsoftonline.us, login.usgovcloudapi.net, login.chinacloudapi.cn, login.partner.microsoftonline.cn, login.microsoftonline.de, or let the administrator list it as an identity endpoint`},
		"another cloud's":       {"http://" + plain, scalerkit.Identity{Provider: "aws"}, []string{"127.0.0.1"}, `podIdentity: "aws" is not one that Azure knows: use azure-workload`},
		"a list that is no use": {"http://" + plain, scalerkit.Identity{}, []string{"*"}, `host: "*" is no identity endpoint: want example.com, example.com:8443 or *.example.com`},
	} {
		t.Run(name, func(t *testing.T) {
			spec := identified(c.identity, c.host)
			spec.Metadata["unsafeSsl"] = "true"
			s, err := rabbitmq.Driver().Open(spec, scalerkit.Options{IdentityEndpoints: c.listed})
			if err == nil {
				_, _ = s.Read(t.Context())
				require.NoError(t, s.Close())
			}
			require.Empty(t, f.requests(), "the host was shown a token")
			require.Zero(t, p.Issued(), "the authority was shown the pod's token")
			require.EqualError(t, err, `rabbitmq trigger "orders": `+c.want)
		})
	}
}
