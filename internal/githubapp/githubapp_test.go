package githubapp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/githubapp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server has one App, 7, and one installation of it, 8.
type server struct {
	*httptest.Server
	key    *rsa.PrivateKey
	tokens int // that were given out
	token  string
}

func newServer(t *testing.T) *server {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	s := &server{key: key}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !strings.HasPrefix(r.URL.Path, "/api/app/") {
		if shown != s.token {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprintf(w, "%q", shown)
		return
	}
	claims := new(jwt.RegisteredClaims)
	_, err := jwt.ParseWithClaims(shown, claims, func(*jwt.Token) (any, error) { return &s.key.PublicKey, nil }, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuedAt())
	switch {
	case err != nil || claims.Issuer != "7" || time.Until(claims.ExpiresAt.Time) > 10*time.Minute:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "bad JWT %s", shown)
	case r.Method != http.MethodPost || r.URL.Path != "/api/app/installations/8/access_tokens":
		http.NotFound(w, r)
	default:
		s.tokens++
		s.token = fmt.Sprintf("ghs_%d", s.tokens)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token":%q,"expires_at":%q}`, s.token, time.Now().Add(time.Hour).Format(time.RFC3339))
	}
}

// client is of an App.
func (s *server) client(t *testing.T, installation int64, der []byte, kind string) *httpsource.Client {
	app := githubapp.App{ID: 7, Installation: installation, Key: scalerkit.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))}
	authenticator, err := app.Authenticator(s.URL+"/api", httpsource.Access{}, scalerkit.Options{})
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Authenticators: []httpsource.Authenticator{authenticator}}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestATokenIsKeptUntilItIsRefused(t *testing.T) {
	s := newServer(t)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(s.key)
	require.NoError(t, err)
	c := s.client(t, 8, pkcs8, "PRIVATE KEY")
	get := func() (shown string, err error) { return shown, c.GetJSON(t.Context(), s.URL+"/api/x", &shown) }
	for range 3 {
		_, err := get()
		require.NoError(t, err)
	}
	require.Equal(t, 1, s.tokens)
	s.token = "revoked"
	_, err = get()
	require.EqualError(t, err, "GET "+s.URL+`/api/x: access denied: 401 Unauthorized: "[redacted]"`)
	_, err = get()
	require.NoError(t, err)
	require.Equal(t, 2, s.tokens)
}

func TestWhoIsNotLetIn(t *testing.T) {
	s := newServer(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for want, c := range map[string]*httpsource.Client{
		"404 Not Found: 404 page not found":    s.client(t, 9, x509.MarshalPKCS1PrivateKey(s.key), "RSA PRIVATE KEY"),
		"401 Unauthorized: bad JWT [redacted]": s.client(t, 8, x509.MarshalPKCS1PrivateKey(other), "RSA PRIVATE KEY"),
	} {
		err := c.GetJSON(t.Context(), s.URL+"/api/x", new(string))
		require.ErrorIs(t, err, scalerkit.ErrDenied)
		require.NotErrorIs(t, err, scalerkit.ErrNotFound)
		require.ErrorContains(t, err, "access denied: "+want)
	}
}

func TestATokenHasATimeLimit(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	app := githubapp.App{ID: 7, Installation: 8, Key: scalerkit.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))}
	authenticator, err := app.Authenticator(silent.URL, httpsource.Access{Timeout: time.Millisecond}, scalerkit.Options{})
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Authenticators: []httpsource.Authenticator{authenticator}}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.ErrorIs(t, c.GetJSON(t.Context(), silent.URL, new(string)), httpsource.ErrNoAnswer)
}

func TestMistakesAreNamed(t *testing.T) {
	type config struct{ App githubapp.App }
	for want, metadata := range map[string]map[string]string{
		"": {},
		"trigger: installationID: is missing: a GitHub App needs it\ntrigger: appKey: is missing: a GitHub App needs it": {"applicationID": "7"},
		`trigger: applicationID: "0" is less than 1`: {"applicationID": "0"},
	} {
		err := driver.Decode(scalerkit.Spec{Metadata: metadata}, new(config))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
}
