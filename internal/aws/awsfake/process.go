package awsfake

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Operator is the owner of the key that [Process] gives.
const Operator = "operator"

// Process gives the process an access key, Operator's, in its environment and
// nothing else to find there, and points it to s.
func (s *STS) Process(t testing.TB) {
	key := Key{ID: "AKIAOPERATOR", Secret: "operator-secret", Owner: Operator}
	s.Keys.Add(key)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS":                   s.URL,
		"AWS_ACCESS_KEY_ID":                      key.ID,
		"AWS_SECRET_ACCESS_KEY":                  key.Secret,
		"AWS_SESSION_TOKEN":                      "",
		"AWS_EC2_METADATA_DISABLED":              "true",
		"AWS_CONFIG_FILE":                        filepath.Join(t.TempDir(), "none"),
		"AWS_SHARED_CREDENTIALS_FILE":            filepath.Join(t.TempDir(), "none"),
		"AWS_PROFILE":                            "",
		"AWS_ROLE_ARN":                           "",
		"AWS_WEB_IDENTITY_TOKEN_FILE":            "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI":     "",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
}

// SetKey gives the process another access key in place of the one that it has,
// or none if key is zero.
func SetKey(t testing.TB, key Key) {
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
}

// WebIdentity gives the process a web identity token and a role to assume with
// it, as EKS does for the role of a service account (IRSA).
func WebIdentity(t testing.TB, role, token string) {
	t.Setenv("AWS_ROLE_ARN", role)
	t.Setenv("AWS_ROLE_SESSION_NAME", "pod")
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write(t, token))
}

// PodIdentity gives the process an EKS pod identity: it starts the agent that
// hands out the key to whoever shows a token, and gives the process that.
func PodIdentity(t testing.TB, key Key) {
	const token = "pod-token"
	agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"AccessKeyId": key.ID, "SecretAccessKey": key.Secret, "Token": key.Token,
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
	}))
	t.Cleanup(agent.Close)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.URL+"/v1/credentials")
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", write(t, token))
}

// write writes a file that ends with the test.
func write(t testing.TB, text string) string {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
