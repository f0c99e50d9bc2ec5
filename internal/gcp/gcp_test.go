package gcp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scope = "https://www.googleapis.com/auth/monitoring.read"

var workload = scalerkit.Identity{Provider: "gcp"}

// newService returns the URL of a service that takes the tokens of an Authority.
func newService(t *testing.T, authority *gcptest.Authority) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !authority.Accepts(r) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"code":401,"status":"UNAUTHENTICATED","message":"not with `+r.Header.Get("Authorization")+`"}}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhoAsks(t *testing.T) {
	for name, c := range map[string]struct {
		access  func(*testing.T, *gcptest.Authority) gcp.Access
		scope   string // that the authority is told
		project string
	}{
		"the key of a service account": {
			func(t *testing.T, a *gcptest.Authority) gcp.Access { return gcp.Access{Key: a.Key(t)} }, scope, gcptest.Project,
		},
		"the machine": {
			func(t *testing.T, a *gcptest.Authority) gcp.Access {
				a.Machine(t)
				return gcp.Access{Identity: workload, Key: a.Key(t)}
			}, scope, gcptest.Project,
		},
		"a workload elsewhere": {
			func(t *testing.T, a *gcptest.Authority) gcp.Access {
				a.Federated(t)
				t.Setenv("CLOUDSDK_CORE_PROJECT", "another-project")
				return gcp.Access{Identity: workload}
			}, scope, "another-project",
		},
		"the program": {
			func(t *testing.T, a *gcptest.Authority) gcp.Access {
				return gcp.Access{Identity: workload, Credential: a.Credential()}
			}, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			authority := gcptest.NewAuthority(t)
			access := c.access(t, authority)
			server := newService(t, authority)
			a := access.Principal().Authenticator(scope, scalerkit.Options{})
			client, err := httpsource.New(httpsource.Settings{
				Identity: func() httpsource.Authenticator { return a }, Classify: gcp.Classify,
			}, scalerkit.Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, client.Close()) }()
			read := func() error {
				_, err := client.Do(t.Context(), httpsource.Request{URL: server})
				return err
			}
			require.NoError(t, read())
			require.NoError(t, read())
			n, asked := authority.Issued()
			require.Equal(t, 1, n)
			require.Equal(t, c.scope, asked)

			authority.Revoke()
			err = read()
			require.ErrorIs(t, err, scalerkit.ErrDenied)
			require.EqualError(t, err, "GET "+server+": access denied: 401 Unauthorized: UNAUTHENTICATED: not with Bearer [redacted]")
			require.NoError(t, read(), "with another token")

			project, err := a.Project(t.Context())
			require.Equal(t, c.project, project)
			if c.project == "" {
				require.EqualError(t, err, "the credentials do not say what project they are of: name it in the trigger")
			}
		})
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	authority := gcptest.NewAuthority(t)
	for status, want := range map[int]struct {
		kind error
		text string
	}{
		400: {scalerkit.ErrDenied, "get a token: access denied: 400 Bad Request: invalid_grant"},
		401: {scalerkit.ErrDenied, "get a token: access denied: 401 Unauthorized: invalid_grant"},
		404: {nil, "get a token: 404 Not Found: invalid_grant"},
		429: {scalerkit.ErrThrottled, "get a token: throttled: 429 Too Many Requests: invalid_grant"},
		500: {nil, "get a token: 500 Internal Server Error: invalid_grant"},
	} {
		authority.Refuse(status)
		a := gcp.Principal{Key: authority.Key(t)}.Authenticator(scope, scalerkit.Options{})
		_, _, err := a.Token(t.Context())
		require.EqualError(t, err, want.text)
		if want.kind != nil {
			require.ErrorIs(t, err, want.kind)
		}
		require.NotErrorIs(t, err, scalerkit.ErrNotFound)
		require.NoError(t, a.Close())
	}
}

func TestWhatAnAccessNeeds(t *testing.T) {
	opened := driver.Type[gcp.Access]{Name: "t", Open: func(*gcp.Access, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }}
	key := gcptest.KeyFor(t, "https://oauth2.googleapis.com/token")
	const elsewhere = ` may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`
	for want, access := range map[string]gcp.Access{
		"t trigger: Key: is missing: give the key of a service account, or the pod identity gcp":            {},
		"t trigger: Key: is not the key of a service account, as JSON":                                      {Key: scalerkit.NewSecret(`{"type":"external_account","credential_source":{"file":"/etc/passwd"}}`)},
		`t trigger: Key: the token_uri in it: "token.example.com"` + elsewhere:                              {Key: gcptest.KeyFor(t, "https://token.example.com/")},
		`t trigger: Identity: "aws" is not one that Google knows: use gcp, or the key of a service account`: {Identity: scalerkit.Identity{Provider: "aws"}},
		`t trigger: Endpoint: "storage.example.com"` + elsewhere:                                            {Key: key, Endpoint: "https://storage.example.com"},
		`t trigger: Endpoint: "evil.example.com"` + elsewhere:                                               {Identity: workload, Endpoint: "https://evil.example.com/#.googleapis.com"},
	} {
		_, err := opened.New(access, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	for _, access := range []gcp.Access{
		{Key: key},
		{Identity: workload, Endpoint: "https://monitoring.googleapis.com"},
	} {
		_, err := opened.New(access, scalerkit.Options{})
		require.NoError(t, err)
	}
	_, err := opened.New(gcp.Access{Key: key, Endpoint: "http://127.0.0.1:4443"}, scalerkit.Options{IdentityEndpoints: gcptest.Listed})
	require.NoError(t, err)
	_, err = opened.Driver().Open(scalerkit.Spec{Metadata: map[string]string{"credentialsFromEnvFile": "X"}, Auth: scalerkit.Secrets(map[string]string{"GoogleApplicationCredentials": key.Reveal()})}, scalerkit.Options{})
	require.EqualError(t, err, "t trigger: credentialsFromEnvFile: is not supported, since it names a file of the program's: give the key itself")

	require.Equal(t, "https://storage.googleapis.com", (&gcp.Access{}).URL("storage.googleapis.com"))
	require.Equal(t, "http://127.0.0.1:4443", (&gcp.Access{Endpoint: "http://127.0.0.1:4443/"}).URL("storage.googleapis.com"))
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		kind       error
	}{
		{403, `{"error":{"status":"PERMISSION_DENIED","message":"no"}}`, "access denied: 403 Forbidden: PERMISSION_DENIED: no", scalerkit.ErrDenied},
		{403, `{"error":{"message":"slow down","errors":[{"reason":"userRateLimitExceeded"}]}}`, "throttled: 403 Forbidden: slow down", scalerkit.ErrThrottled},
		{404, `{"error":{"message":"The specified bucket does not exist."}}`, "not found: 404 Not Found: The specified bucket does not exist.", scalerkit.ErrNotFound},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, "throttled for 7s: 429 Too Many Requests: RESOURCE_EXHAUSTED", scalerkit.ErrThrottled},
		{400, `{"error":{"status":"INVALID_ARGUMENT","message":"filter"}}`, "400 Bad Request: INVALID_ARGUMENT: filter", nil},
	} {
		header := http.Header{}
		if c.status == http.StatusTooManyRequests {
			header.Set("Retry-After", "7")
		}
		err := gcp.Classify(c.status, header, []byte(c.body))
		require.EqualError(t, err, c.want)
		if c.kind != nil {
			require.ErrorIs(t, err, c.kind)
		}
	}
	require.NoError(t, gcp.Classify(502, nil, []byte("<html>")), "the common rule says enough")

	require.ErrorIs(t, gcp.Classify(404, nil, []byte(`{"error":{"code":404,"message":"The specified bucket does not exist."}}`)), gcp.ErrMissing)
	require.NotErrorIs(t, gcp.Classify(404, nil, []byte(`{"message":"no Route matched with those values"}`)), gcp.ErrMissing)
}
