package workload_test

import (
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
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure/workload"
)

const secret = "hunter2"

// authority starts one that answers with handle, and returns a client of a
// source that gets its tokens there, and the file with the token of the pod.
func authority(t *testing.T, start func(*httptest.Server), handle http.HandlerFunc) (c *httpsource.Client, url, file string) {
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that tests want to fail
	start(server)
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "token")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", file)
	tokens, err := workload.Tokens(scalerkit.Identity{ID: "client", TenantID: "tenant", AuthorityHost: server.URL + "/"}, "api://source", scalerkit.Options{})
	require.NoError(t, err)
	c, err = httpsource.New(httpsource.Settings{Authenticators: []httpsource.Authenticator{tokens}}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, server.URL + "/tenant/oauth2/v2.0/token", file
}

func write(t *testing.T, file, assertion string) {
	require.NoError(t, os.WriteFile(file, []byte(assertion+"\n"), 0o600))
}

func TestTheTokenOfThePodIsReadForEachToken(t *testing.T) {
	c, _, file := authority(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"access_token":"for %s","expires_in":"3600"}`, r.PostFormValue("client_assertion"))
	})
	var shown []string
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer source.Close()
	get := func() error {
		_, err := c.Do(t.Context(), httpsource.Request{URL: source.URL})
		return err
	}
	require.EqualError(t, get(), "GET "+source.URL+": get an OAuth2 token: open "+file+": no such file or directory")
	for _, assertion := range []string{"one", "two"} {
		write(t, file, assertion)
		require.ErrorIs(t, get(), scalerkit.ErrDenied)
	}
	require.Equal(t, []string{"Bearer for one", "Bearer for two"}, shown)
}

func TestAnAuthorityThatGivesNoToken(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		is, isNot  error
	}{
		{400, "you said " + secret, "POST %s: access denied: 400 Bad Request: you said [redacted]", scalerkit.ErrDenied, scalerkit.ErrNotFound},
		{401, "", "POST %s: access denied: 401 Unauthorized", scalerkit.ErrDenied, scalerkit.ErrNotFound},
		{404, "no tenant", "POST %s: 404 Not Found: no tenant", nil, scalerkit.ErrNotFound},
		{200, `{"access_token":"x"}`, "the authority's answer has no token, or does not say how long it lasts", nil, scalerkit.ErrDenied},
		{200, `{"expires_in":5}`, "the authority's answer has no token, or does not say how long it lasts", nil, scalerkit.ErrDenied},
	} {
		client, url, file := authority(t, (*httptest.Server).Start, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		write(t, file, secret)
		_, err := client.Do(t.Context(), httpsource.Request{URL: "http://127.0.0.1:1/"})
		want := c.want
		if c.status != 200 {
			want = fmt.Sprintf(want, url)
		}
		require.EqualError(t, err, "GET http://127.0.0.1:1/: get an OAuth2 token: "+want)
		if c.is != nil {
			require.ErrorIs(t, err, c.is)
		}
		require.NotErrorIs(t, err, c.isNot)
	}
}

func TestTheTokenOfThePodGoesToNobodyWhoIsNotCertified(t *testing.T) {
	asked := false
	c, url, file := authority(t, (*httptest.Server).StartTLS, func(http.ResponseWriter, *http.Request) { asked = true })
	write(t, file, secret)
	_, err := c.Do(t.Context(), httpsource.Request{URL: "http://127.0.0.1:1/"})
	require.EqualError(t, err, "GET http://127.0.0.1:1/: get an OAuth2 token: POST "+url+": no answer: tls: failed to verify certificate: x509: certificate signed by unknown authority")
	require.False(t, asked)
}
