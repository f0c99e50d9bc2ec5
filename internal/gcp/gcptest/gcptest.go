// Package gcptest is what the tests of drivers for Google's services have in
// common: an authority that gives out tokens, to the keys of service accounts, to
// whom workload identity federation vouches for, and to the machine.
package gcptest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// Project is that of all credentials here that have one.
const Project = "shop-project"

// SubjectToken is what stands in the file of the workload that is federated.
const SubjectToken = "token-of-the-workload"

// Listed has what an administrator lists so that tokens may go to servers here.
var Listed = []string{"127.0.0.1"}

// An Authority gives out tokens, as Google does.
type Authority struct {
	URL string

	mu      sync.Mutex
	issued  int
	revoked int    // tokens up to this one are worth nothing
	scope   string // of the last that was asked for
	status  int    // of the answers in place of 200, if not 0
}

// NewAuthority returns an Authority that ends with the test.
func NewAuthority(tb testing.TB) *Authority {
	a := new(Authority)
	server := httptest.NewServer(a)
	tb.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// privateKey is one for all, since making one takes its time.
var privateKey = sync.OnceValues(func() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), err
})

// Key returns the key of a service account that the Authority knows.
func (a *Authority) Key(tb testing.TB) scalerkit.Secret { return KeyFor(tb, a.URL+"/token") }

// KeyFor returns the key of a service account whose tokens are from a URL.
func KeyFor(tb testing.TB, tokenURI string) scalerkit.Secret {
	key, err := privateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return scalerkit.NewSecret(marshal(tb, map[string]any{
		"type": "service_account", "project_id": Project, "client_email": "reader@shop-project.iam.gserviceaccount.com",
		"token_uri": tokenURI, "private_key": key,
	}))
}

// Machine makes this process one on a machine of Google's.
func (a *Authority) Machine(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir()) // where gcloud has its file
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(a.URL, "http://"))
}

// Federated makes this process one elsewhere, for whom an identity provider of its
// own vouches.
func (a *Authority) Federated(t *testing.T) {
	subject := filepath.Join(t.TempDir(), "subject")
	file := filepath.Join(t.TempDir(), "credentials.json")
	text := marshal(t, map[string]any{
		"type": "external_account", "token_url": a.URL + "/sts",
		"audience":           "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"credential_source":  map[string]string{"file": subject},
	})
	for path, content := range map[string]string{subject: SubjectToken, file: text} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
}

// Credential returns a token source of a program's, with tokens of the Authority.
func (a *Authority) Credential() oauth2.TokenSource { return &credential{a} }

type credential struct{ authority *Authority }

// Token implements oauth2.TokenSource.
func (c *credential) Token() (*oauth2.Token, error) {
	c.authority.mu.Lock()
	defer c.authority.mu.Unlock()
	return &oauth2.Token{AccessToken: c.authority.issue(), Expiry: time.Now().Add(time.Hour)}, nil
}

// issue returns a token. The lock is held.
func (a *Authority) issue() string {
	a.issued++
	return fmt.Sprintf("token-%d-of-google", a.issued)
}

// Accepts reports whether a request has a token that is valid.
func (a *Authority) Accepts(r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	var n int
	_, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d-of-google", &n)
	return err == nil && n > a.revoked && n <= a.issued
}

// Revoke makes all tokens worthless that were given out so far.
func (a *Authority) Revoke() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = a.issued
}

// Issued returns how many tokens were given out, and the scope of the last.
func (a *Authority) Issued() (n int, scope string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.issued, a.scope
}

// Refuse makes the Authority answer with a status, 0 for as usual.
func (a *Authority) Refuse(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = status
}

// ServeHTTP implements http.Handler.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Metadata-Flavor", "Google")
	w.Header().Set("Connection", "close") // package metadata keeps its connections for ever
	if strings.HasSuffix(r.URL.Path, "/project/project-id") {
		_, _ = fmt.Fprint(w, Project)
		return
	}
	scope := r.FormValue("scope")
	proven := false
	switch {
	case strings.HasSuffix(r.URL.Path, "/service-accounts/default/token"):
		scope, proven = r.FormValue("scopes"), r.Header.Get("Metadata-Flavor") == "Google"
	case r.URL.Path == "/sts":
		proven = r.FormValue("subject_token") == SubjectToken
	case r.URL.Path == "/token":
		scope, proven = scopeOf(r.FormValue("assertion"))
	}
	w.Header().Set("Content-Type", "application/json")
	status := a.status
	if status == 0 && !proven {
		status = http.StatusBadRequest
	}
	if status != 0 {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"not for %s"}`, r.FormValue("assertion"))
		return
	}
	a.scope = scope
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`, a.issue())
}

func marshal(tb testing.TB, value map[string]any) string {
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// scopeOf returns the scope that an assertion is for, and whether it is one.
func scopeOf(assertion string) (scope string, ok bool) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return "", false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	var claims struct{ Scope string }
	err = json.Unmarshal(text, &claims)
	return claims.Scope, err == nil
}

// Stranger returns a key to which the Authority gives no tokens.
func (a *Authority) Stranger(tb testing.TB) scalerkit.Secret { return KeyFor(tb, a.URL+"/stranger") }

// Listing returns a driver in a program that lists the servers here as identity
// endpoints.
func Listing(d scalerkit.Driver) scalerkit.Driver { return listing{d} }

type listing struct{ scalerkit.Driver }

func (l listing) Open(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	options.IdentityEndpoints = Listed
	return l.Driver.Open(spec, options)
}

// Typed returns a constructor in such a program. What it decodes without that has
// Google's own hosts in it, and the Access gets those here afterwards.
func Typed(tb testing.TB, construct scalertest.Constructor) scalertest.Constructor {
	return func(spec scalerkit.Spec, change func(reflect.Value), options scalerkit.Options) (scalerkit.Scaler, error) {
		options.IdentityEndpoints = Listed
		googles := WithKey(spec, KeyFor(tb, "https://oauth2.googleapis.com/token"))
		googles.Metadata = maps.Clone(spec.Metadata)
		delete(googles.Metadata, "gcpEndpoint")
		return construct(googles, func(config reflect.Value) {
			access := config.FieldByName("Access").Addr().Interface().(*gcp.Access)
			access.Endpoint, access.Key = spec.Metadata["gcpEndpoint"], spec.Auth["GoogleApplicationCredentials"]
			change(config)
		}, options)
	}
}

// WithKey returns a trigger with another key of a service account.
func WithKey(spec scalerkit.Spec, key scalerkit.Secret) scalerkit.Spec {
	spec.Auth = map[string]scalerkit.Secret{"GoogleApplicationCredentials": key}
	return spec
}
