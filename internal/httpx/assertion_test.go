package httpx_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/httpx"
)

// asserting returns a Config that proves who it is with what is in a file.
func asserting(tokenURL, file string) httpx.Config {
	return httpx.Config{OAuth2: httpx.OAuth2{TokenURL: tokenURL, ClientID: "client", AssertionFile: file}}
}

func TestAnAssertionIsReadForEachToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.PostFormValue("client_assertion") == "" {
			status(401, "")(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"for %s","expires_in":3600}`, r.PostFormValue("client_assertion"))
	})
	c := client(t, asserting(tokens, file), scalerkit.Options{})
	_, err := c.Token(t.Context())
	require.EqualError(t, err, "open "+file+": no such file or directory")
	for _, assertion := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(file, []byte(assertion+"\n"), 0o600))
		token, err := c.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, "for "+assertion, token)
		c.Forget(token)
	}
}

func TestAnAssertionIsNotRepeated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(secret), 0o600))
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status(400, "you said "+r.PostFormValue("client_assertion"))(w, r)
	})
	_, err := client(t, asserting(tokens, file), scalerkit.Options{}).Token(t.Context())
	require.EqualError(t, err, "POST "+tokens+": access denied: 400 Bad Request: you said [redacted]")
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

// The trigger's TLS settings are for its source, and do not decide who is shown
// what is in the file.
func TestAnAssertionGoesToNobodyWhoIsNotCertified(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(secret), 0o600))
	asked := false
	tokens := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	tokens.Config.ErrorLog = log.New(io.Discard, "", 0)
	tokens.StartTLS()
	t.Cleanup(tokens.Close)
	c := httpx.New(asserting(tokens.URL, file), &tls.Config{InsecureSkipVerify: true}, scalerkit.Options{}) //nolint:gosec // it must have no effect
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	_, err := c.Token(t.Context())
	require.EqualError(t, err, "POST "+tokens.URL+": no answer: tls: failed to verify certificate: x509: certificate signed by unknown authority")
	require.False(t, asked)
}
