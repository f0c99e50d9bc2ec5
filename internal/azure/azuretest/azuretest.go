// Package azuretest is what the tests of Azure's drivers have in common: an
// authority that gives out tokens, and TLS servers that this process trusts.
package azuretest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
)

// What the Authority takes for proof.
const (
	Assertion         = "assertion-of-the-pod" // stands in the token file of the pod
	ApplicationSecret = "secret-of-the-application"
)

// Main is what TestMain does: Setup, and goroutines that the tests leave behind
// are a failure.
func Main(m *testing.M) {
	cleanup, err := Setup()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		cleanup()
		os.Exit(code)
	}))
}

// Setup makes this process trust httptest's certificate, so that a driver can be
// tested with TLS without a switch that turns its checks off, and sets what
// Azure's webhook sets in a pod. Systems other than Linux look for trust
// elsewhere: see NeedTrust.
func Setup() (cleanup func(), err error) {
	dir, err := os.MkdirTemp("", "azuretest-")
	if err != nil {
		return nil, err
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	server.Close()
	for variable, content := range map[string][]byte{
		"SSL_CERT_FILE":              certificate,
		"AZURE_FEDERATED_TOKEN_FILE": []byte(Assertion),
	} {
		path := filepath.Join(dir, variable)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
		if err := os.Setenv(variable, path); err != nil {
			return nil, err
		}
	}
	return func() { _ = os.RemoveAll(dir) }, nil
}

// An Authority gives out tokens, as Entra does.
type Authority struct {
	url string

	mu      sync.Mutex
	issued  int
	revoked int                                                      // tokens up to this one are worth nothing
	answer  func(w http.ResponseWriter, r *http.Request) (done bool) // in place of the usual
}

const (
	tenant  = "11111111-2222-3333-4444-555555555555"
	client  = "the-client"
	unknown = "another-client"
)

// NewAuthority returns an Authority that ends with the test.
func NewAuthority(tb testing.TB) *Authority {
	a := new(Authority)
	a.url = NewTLSServer(tb, a).URL
	return a
}

// NewTLSServer returns a server that ends with the test. It does not log that
// its connections are cut.
func NewTLSServer(tb testing.TB, handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	tb.Cleanup(server.Close)
	return server
}

// Listing returns d as it is in a program whose administrator lists the host of
// this package's servers, and *.airgap.example, so that they may be sent tokens.
func Listing(d scalerkit.Driver) scalerkit.Driver { return listing{d} }

type listing struct{ scalerkit.Driver }

func (l listing) Open(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	options.IdentityEndpoints = []string{"127.0.0.1", "*.airgap.example"}
	return l.Driver.Open(spec, options)
}

// Identity is one that the Authority knows.
func (a *Authority) Identity() scalerkit.Identity {
	return scalerkit.Identity{Provider: "azure-workload", ID: client, TenantID: tenant, AuthorityHost: a.url + "/"}
}

// Credential returns a credential of a program's, with tokens of the Authority.
func (a *Authority) Credential() azcore.TokenCredential { return &credential{a} }

type credential struct{ authority *Authority }

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.authority.mu.Lock()
	defer c.authority.mu.Unlock()
	return azcore.AccessToken{Token: c.authority.issue(), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// issue returns a token. The lock is held.
func (a *Authority) issue() string {
	a.issued++
	return fmt.Sprintf("token-%d-of-the-authority", a.issued)
}

// Stranger is an identity that the Authority refuses.
func (a *Authority) Stranger() scalerkit.Identity {
	i := a.Identity()
	i.ID = unknown
	return i
}

// Accepts reports whether a token is valid.
func (a *Authority) Accepts(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	var n int
	_, err := fmt.Sscanf(token, "token-%d-of-the-authority", &n)
	return err == nil && n > a.revoked && n <= a.issued
}

// Revoke makes all tokens worthless that were given out so far.
func (a *Authority) Revoke() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = a.issued
}

// Issued returns how many tokens were given out.
func (a *Authority) Issued() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.issued
}

// Answer sets what requests for a token are answered in place of the usual.
func (a *Authority) Answer(answer func(w http.ResponseWriter, r *http.Request) (done bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// ServeHTTP implements http.Handler.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	issuer := a.url + "/" + tenant
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		reply(w, map[string]any{
			"issuer":                 issuer + "/v2.0",
			"authorization_endpoint": issuer + "/oauth2/v2.0/authorize",
			"token_endpoint":         issuer + "/oauth2/v2.0/token",
		})
	case a.answer != nil && a.answer(w, r):
	case r.PostFormValue("client_id") != client || !proves(r):
		w.WriteHeader(http.StatusUnauthorized)
		reply(w, map[string]any{
			"error":             "invalid_client",
			"error_description": "AADSTS700016: Application with identifier '" + r.PostFormValue("client_id") + "' was not found.\r\nTrace ID: 1\r\nPresented: " + r.PostFormValue("client_assertion"),
		})
	default:
		reply(w, map[string]any{
			"token_type":   "Bearer",
			"access_token": a.issue(),
			"expires_in":   3600,
		})
	}
}

// proves reports whether a request has what the client has to show.
func proves(r *http.Request) bool {
	assertion := r.PostFormValue("client_assertion")
	return assertion == Assertion || r.PostFormValue("client_secret") == ApplicationSecret || isOfApplication(assertion)
}

func reply(w http.ResponseWriter, answer map[string]any) {
	_ = json.NewEncoder(w).Encode(answer) // who does not listen gets no answer
}
