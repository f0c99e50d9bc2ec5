package vault_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/vault"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A bench is a Vault, a clock, and who asks.
type bench struct {
	storetest.Vault
	gate storetest.Gate
	now  time.Time
	jwt  string
}

func newBench() *bench {
	b := &bench{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), jwt: "jwt-of-the-operator"}
	b.Vault = storetest.Vault{
		Now:    func() time.Time { return b.now },
		Logins: map[string]string{"kubernetes/operator": "jwt-of-the-operator"},
		TTL:    time.Hour,
		Static: map[string]map[string]any{
			"secret/redis":      {"password": "hunter2", "port": 6379, "nothing": nil},
			"secret/data/redis": {"data": map[string]any{"password": "hunter3"}, "metadata": map[string]any{"version": 7}},
		},
		Leased: map[string]time.Duration{"database/creds/reader": 10 * time.Minute, "pki/issue/reader": 10 * time.Minute},
		Denied: []string{"secret/kafka"},
	}
	b.Give("hvs.given", 0, false)
	b.gate.Store = &b.Vault
	return b
}

// open returns what reads secrets with a given token, or as an operator if that
// is empty.
func (b *bench) open(token string, secrets ...v1alpha1.VaultSecret) *vault.Vault {
	spec := v1alpha1.HashiCorpVault{
		Address:        "https://vault:8200/",
		Namespace:      b.Namespace,
		Authentication: v1alpha1.VaultAuthenticationKubernetes,
		Mount:          "kubernetes",
		Role:           "operator",
		Secrets:        secrets,
	}
	if token != "" {
		spec.Authentication, spec.Credential = v1alpha1.VaultAuthenticationToken, &v1alpha1.Credential{Token: token}
	}
	return vault.New(vault.Config{
		HashiCorpVault: spec,
		JWT:            func(context.Context) (string, error) { return b.jwt, nil },
		Client:         store.NewClient(storetest.Hosts{"vault:8200": &b.gate}),
		Now:            b.Vault.Now,
	})
}

func secret(parameter, path, key string, typ v1alpha1.VaultSecretType) v1alpha1.VaultSecret {
	return v1alpha1.VaultSecret{Parameter: parameter, Path: path, Key: key, Type: typ}
}

const (
	generic  = v1alpha1.VaultSecretTypeGeneric
	version1 = v1alpha1.VaultSecretTypeSecret
	version2 = v1alpha1.VaultSecretTypeSecretV2
	pki      = v1alpha1.VaultSecretTypePki
)

func read(t *testing.T, v *vault.Vault) store.Answer {
	t.Helper()
	answer, err := v.Read(t.Context())
	require.NoError(t, err)
	return answer
}

func TestSecretsOfEachType(t *testing.T) {
	b := newBench()
	v := b.open("hvs.given",
		secret("generic1", "secret/redis", "password", generic),
		secret("generic2", "secret/data/redis", "password", generic),
		secret("v1", "/secret/redis", "password", version1),
		secret("v2", "secret/data/redis", "password", version2),
		secret("number", "secret/redis", "port", version1),
		secret("raw", "secret/data/redis", "metadata", version1),
	)
	require.Equal(t, store.Answer{Values: map[string]string{
		"generic1": "hunter2",
		"generic2": "hunter3",
		"v1":       "hunter2",
		"v2":       "hunter3",
		"number":   "6379",
		"raw":      `{"version":7}`,
	}}, read(t, v))
	require.Equal(t, []string{"GET /v1/auth/token/lookup-self", "GET /v1/secret/data/redis", "GET /v1/secret/redis"}, b.gate.Seen(),
		"one request for each path")

	read(t, v)
	require.Equal(t, []string{"GET /v1/secret/data/redis", "GET /v1/secret/redis"}, b.gate.Seen(), "another request for what may have changed")
}

func TestNamespaceIsSent(t *testing.T) {
	b := newBench()
	b.Namespace = "team/shop"
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, b.open("", secret("p", "secret/redis", "password", generic))).Values)
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	b := newBench()
	_, err := b.open("",
		secret("a", "secret/redis", "passwd", generic),
		secret("b", "secret/redis", "nothing", version1),
		secret("c", "secret/data/redis", "passwd", version2),
		secret("d", "secret/redis", "password", version2),
		secret("e", "secret/none", "password", generic),
		secret("f", "secret/kafka", "password", generic),
		secret("good", "secret/redis", "password", generic),
	).Read(t.Context())
	require.EqualError(t, err, `a: secret/redis: it has no key "passwd": it has nothing, password, port
b: secret/redis: its key "nothing" is null
c: secret/data/redis: it has no key "passwd": it has password
d: secret/redis is no secret of version 2 of the key-value engine: use the type secret, or a path with data in it
e: GET https://vault:8200/v1/secret/none: not found: 404 Not Found
f: GET https://vault:8200/v1/secret/kafka: access denied: 403 Forbidden: 1 error occurred: * permission denied`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	require.ErrorIs(t, err, scalerkit.ErrDenied)
}

func TestLoginThatIsRefused(t *testing.T) {
	b := newBench()
	b.jwt = "jwt-of-somebody-else"
	v := b.open("", secret("p", "secret/redis", "password", generic))
	_, err := v.Read(t.Context())
	require.EqualError(t, err, "log in: POST https://vault:8200/v1/auth/kubernetes/login: access denied: 403 Forbidden: permission denied")

	b.jwt = "jwt-of-the-operator"
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, v).Values)

	_, err = b.open("hvs.unknown", secret("p", "secret/redis", "password", generic)).Read(t.Context())
	require.EqualError(t, err, "log in: GET https://vault:8200/v1/auth/token/lookup-self: access denied: 403 Forbidden: permission denied; invalid token")
}

func TestLoginWithoutToken(t *testing.T) {
	b := newBench()
	v := vault.New(vault.Config{
		HashiCorpVault: v1alpha1.HashiCorpVault{Address: "https://vault:8200", Authentication: v1alpha1.VaultAuthenticationKubernetes},
		JWT:            func(context.Context) (string, error) { return "", errors.New("no service account") },
		Client:         store.NewClient(storetest.Hosts{}),
		Now:            b.Vault.Now,
	})
	_, err := v.Read(t.Context())
	require.EqualError(t, err, "log in: no service account")
}

func TestStoreThatIsNotThere(t *testing.T) {
	b := newBench()
	v := b.open("", secret("p", "secret/redis", "password", generic))
	b.gate.Shut(true)
	_, err := v.Read(t.Context())
	require.EqualError(t, err, "log in: POST https://vault:8200/v1/auth/kubernetes/login: 503 Service Unavailable")

	b.gate.Shut(false)
	require.Equal(t, map[string]string{"p": "hunter2"}, read(t, v).Values)
}
