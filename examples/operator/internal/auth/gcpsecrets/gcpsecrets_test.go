package gcpsecrets_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/gcpsecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

type secret = v1alpha1.GCPSecretManagerSecret

var secrets = map[string]string{"shop/redis/latest": "hunter2", "shop/redis/7": "hunter7", "other/redis/latest": "hunter3"}

func open(fake *storetest.SecretManager, key string, secrets ...secret) *gcpsecrets.Manager {
	return gcpsecrets.New(gcpsecrets.Config{
		Secrets: secrets,
		Key:     scalerkit.NewSecret(key),
		Client:  store.NewClient(storetest.Hosts{"secretmanager.googleapis.com": fake}),
	})
}

func TestSecretsWithAKey(t *testing.T) {
	fake := &storetest.SecretManager{Secrets: secrets}
	manager := open(fake, fake.NewServiceAccount("shop", "keda@shop.iam.gserviceaccount.com"),
		secret{Parameter: "password", ID: "redis"}, secret{Parameter: "old", ID: "redis", Version: "7"})
	for range 2 {
		answer, err := manager.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, store.Answer{Values: map[string]string{"password": "hunter2", "old": "hunter7"}}, answer)
	}
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	fake := &storetest.SecretManager{Secrets: secrets}
	key := fake.NewServiceAccount("shop", "keda@shop.iam.gserviceaccount.com")
	_, err := open(fake, key,
		secret{Parameter: "a", ID: "kafka"}, secret{Parameter: "b", ID: "redis", Version: "9"}, secret{Parameter: "good", ID: "redis"}).Read(t.Context())
	require.EqualError(t, err, `a: GET https://secretmanager.googleapis.com/v1/projects/shop/secrets/kafka/versions/latest:access: not found: 404 Not Found: Secret [shop/kafka/latest] not found or has no versions.
b: GET https://secretmanager.googleapis.com/v1/projects/shop/secrets/redis/versions/9:access: not found: 404 Not Found: Secret [shop/redis/9] not found or has no versions.`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)

	clear(fake.Readers)
	_, err = open(fake, key, secret{Parameter: "a", ID: "redis"}).Read(t.Context())
	require.EqualError(t, err, "a: GET https://secretmanager.googleapis.com/v1/projects/shop/secrets/redis/versions/latest:access: access denied: 401 Unauthorized: Request had invalid authentication credentials.")
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

func TestKeysThatAreNone(t *testing.T) {
	fake := &storetest.SecretManager{}
	for key, want := range map[string]string{
		`hunter2`:                     "the credentials are not the JSON key of a service account",
		`{"type": "authorized_user"}`: `the credentials are of type "authorized_user": use the key of a service_account`,
		`{"type": "service_account"}`: "the credentials have no project_id",
		`{"type": "service_account", "project_id": "shop", "client_email": "a", "private_key": "hunter2"}`: "the private_key in the credentials is not an RSA key in PEM",
	} {
		_, err := open(fake, key, secret{Parameter: "a", ID: "redis"}).Read(t.Context())
		require.EqualError(t, err, want)
	}
}

// machine starts what tells a process on Google's machines who it is. Where that
// is the library finds out once and for all.
func machine(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/project/project-id"):
			fmt.Fprint(w, "shop")
		case strings.HasSuffix(r.URL.Path, "/service-accounts/default/token"):
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": storetest.GoogleToken, "token_type": "Bearer", "expires_in": 3600})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(server.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
}

func TestSecretsByWorkloadIdentity(t *testing.T) {
	machine(t)
	fake := &storetest.SecretManager{Secrets: secrets}
	answer, err := open(fake, "", secret{Parameter: "password", ID: "redis"}).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"password": "hunter2"}, answer.Values)

	other := gcpsecrets.New(gcpsecrets.Config{
		Secrets: []secret{{Parameter: "password", ID: "redis"}},
		Project: "other",
		Client:  store.NewClient(storetest.Hosts{"secretmanager.googleapis.com": fake}),
	})
	answer, err = other.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"password": "hunter3"}, answer.Values)
}

func TestOperatorWithoutIdentity(t *testing.T) {
	machine(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/does/not/exist")
	_, err := open(&storetest.SecretManager{}, "", secret{Parameter: "a", ID: "redis"}).Read(t.Context())
	require.EqualError(t, err, "the operator has no Google identity: google: error getting credentials using GOOGLE_APPLICATION_CREDENTIALS environment variable: open /does/not/exist: no such file or directory")
}

func TestRefusedIdentityIsNamedWithoutItsSecrets(t *testing.T) {
	fake := &storetest.SecretManager{}
	file := filepath.Join(t.TempDir(), "key.json")
	key := fake.NewServiceAccount("shop", "keda@shop.iam.gserviceaccount.com")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(key, "{", `{"token_uri": "https://oauth/token", `, 1)), 0o600))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)

	status := http.StatusBadRequest
	oauth := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, r.FormValue("assertion"))
	})
	manager := gcpsecrets.New(gcpsecrets.Config{
		Secrets: []secret{{Parameter: "a", ID: "redis"}},
		Client:  store.NewClient(storetest.Hosts{"secretmanager.googleapis.com": fake, "oauth": oauth}),
	})
	_, err := manager.Read(t.Context())
	require.EqualError(t, err, "get a token: access denied: 400 Bad Request")
	require.ErrorIs(t, err, scalerkit.ErrDenied)

	status = http.StatusServiceUnavailable
	_, err = manager.Read(t.Context())
	require.EqualError(t, err, "get a token: 503 Service Unavailable")
	require.NotErrorIs(t, err, scalerkit.ErrDenied)
}
