package auth_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// login makes the TriggerAuthentication vault-file use a credential.
func (c *cluster) login(t testing.TB, credential *v1alpha1.Credential) {
	var ta v1alpha1.TriggerAuthentication
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "vault-file"}, &ta))
	ta.Spec.HashiCorpVault.Credential = credential
	c.put(t, &ta)
}

// operatorToken is a token of the operator's, for an hour.
func (c *cluster) operatorToken(audiences ...string) string {
	return made(0, "keda", "keda-operator", c.now.Add(time.Hour), audiences...)
}

// file returns the path of a new file.
func file(t testing.TB, content string) string {
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestVaultWithATokenFile(t *testing.T) {
	c := newCluster(t, stored) // for its clock
	const about = `redis trigger "orders": TriggerAuthentication shop/vault-file: hashiCorpVault: log in: `
	const unapproved = `: its audience "https://kubernetes.default.svc" is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`
	for content, want := range map[string]string{
		c.operatorToken("vault") + "\n":      "",
		c.operatorToken(apiServer):           unapproved,
		c.operatorToken("vault", apiServer):  unapproved,
		made(0, "keda", "o", c.now, "vault"): ": it expired at 2026-05-01T12:00:00Z",
		"hunter2":                            ": it is not the token of a service account",
	} {
		c, s := newStores(t, stored)
		s.vaultFake.Logins = map[string]string{"kubernetes/operator": c.operatorToken("vault")}
		path := file(t, content)
		c.login(t, &v1alpha1.Credential{ServiceAccount: path})
		if want == "" {
			require.Equal(t, values{"password": "hunter2"}, revealed(c.resolve(t, using("vault-file")).Spec.Auth))
			continue
		}
		require.Equal(t, about+path+want, c.fail(t, using("vault-file")))
		require.Empty(t, s.vault.Seen(), "nothing else of the operator's leaves it")
	}
	for path, want := range map[string]string{
		t.TempDir():       ": it is not the token of a service account",
		"/does/not/exist": "",
	} {
		c, s := newStores(t, stored)
		c.login(t, &v1alpha1.Credential{ServiceAccount: path})
		if want == "" {
			want, path = "stat /does/not/exist: no such file or directory", ""
		}
		require.Equal(t, about+path+want, c.fail(t, using("vault-file")))
		require.Empty(t, s.vault.Seen())
	}
}

// A token file is read for each login, since Kubernetes renews it.
func TestVaultTokenIsReadAnew(t *testing.T) {
	c, s := newStores(t, stored)
	c.VaultTokenFile = file(t, c.operatorToken("vault"))
	c.login(t, nil)
	s.vaultFake.Logins = map[string]string{"kubernetes/operator": c.operatorToken("vault")}
	c.resolve(t, using("vault-file"))

	s.vaultFake.Revoke()
	c.now = c.now.Add(59 * time.Minute)
	s.vaultFake.Logins = map[string]string{"kubernetes/operator": c.operatorToken("vault")}
	require.NoError(t, os.WriteFile(c.VaultTokenFile, []byte(c.operatorToken("vault")), 0o600))
	c.resolve(t, using("vault-file"))
}

func TestVaultWithoutAToken(t *testing.T) {
	c, s := newStores(t, stored)
	c.login(t, nil)
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/vault-file: hashiCorpVault: log in: the operator has no token for Vault: name one with credential.serviceAccountName, or start it with --vault-kubernetes-auth-token-file`,
		c.fail(t, using("vault-file")))
	c.VaultTokenFile = file(t, c.operatorToken("vault"))
	c.login(t, &v1alpha1.Credential{})
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/vault-file: hashiCorpVault: credential has neither serviceAccountName nor serviceAccount: name one, or leave credential out for the operator's token for Vault`,
		c.fail(t, using("vault-file")))
	require.Empty(t, s.vault.Seen())
}

// The account is that of the workload's namespace, also if the authentication
// is the cluster's.
func TestVaultAccountOfAClusterTriggerAuthentication(t *testing.T) {
	c, _ := newStores(t, stored)
	var ta v1alpha1.TriggerAuthentication
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "vault"}, &ta))
	require.NoError(t, c.Create(t.Context(), &v1alpha1.ClusterTriggerAuthentication{ObjectMeta: meta("", "vault"), Spec: ta.Spec}))
	resolved := c.resolve(t, using("ClusterTriggerAuthentication/vault"))
	require.Equal(t, []keda.Ref{{Kind: "ClusterTriggerAuthentication", Namespace: "", Name: "vault"}, {Kind: "ServiceAccount", Namespace: "shop", Name: "vault"}}, resolved.Refs)
}

func TestVaultEndpoints(t *testing.T) {
	var err error
	for _, name := range []string{"vault", "vault-token"} {
		c, s := newStores(t, stored+vaultToken)
		c.VaultEndpoints, err = policy.ParseEndpoints(`hashiCorpVault: {mode: enforce, allowedEndpoints: ["https://vault"]}`)
		require.NoError(t, err)
		require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/`+name+`: hashiCorpVault: https://vault:8200 is not an endpoint that the administrator allows in KEDA_OUTBOUND_FILTER`,
			c.fail(t, using(name)))
		require.Empty(t, s.vault.Seen())
		require.Zero(t, c.tokens, "none is made for nothing")
	}

	var log bytes.Buffer
	c, s := newStores(t, stored)
	c.Logger = logger(&log)
	c.VaultEndpoints, err = policy.ParseEndpoints(`hashiCorpVault: {mode: warn}`)
	require.NoError(t, err)
	c.resolve(t, using("vault"))
	require.NotEmpty(t, s.vault.Seen())
	require.Equal(t, `level=WARN msg="a Vault is asked that no list of endpoints has" authentication="TriggerAuthentication shop/vault" problem="the endpoint is not listed: https://vault:8200"`+"\n", log.String())
}

const vaultToken = `
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: vault-token}
spec:
  hashiCorpVault:
    address: https://vault:8200
    authentication: token
    credential: {token: given}
    secrets: [{parameter: password, path: secret/data/redis, key: password}]
`

func logger(to *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestNoTokenIsRequestedWithoutAnAudience(t *testing.T) {
	for name, want := range map[string]string{
		"bound": `redis trigger "orders": TriggerAuthentication shop/bound: boundServiceAccountToken: bearerToken: there is no audience for service account shop/reader: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`,
		"vault": `redis trigger "orders": TriggerAuthentication shop/vault: hashiCorpVault: credential: there is no audience for service account shop/vault: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`,
	} {
		c, s := newStores(t, stored+"---"+bound)
		c.TokenPolicy = audiences(t, `[{audience: vault}, {audience: metrics}]`)
		require.Equal(t, want, c.fail(t, using(name)))
		require.Zero(t, c.tokens)
		require.Empty(t, s.vault.Seen())
	}
}

func TestTokenThatIsNotWhatWasRequestedGoesNowhere(t *testing.T) {
	const problem = `its audience "https://kubernetes.default.svc" is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`
	for name, want := range map[string]string{
		"bound": `redis trigger "orders": TriggerAuthentication shop/bound: boundServiceAccountToken: bearerToken: the token of ServiceAccount shop/reader that was requested: ` + problem,
		"vault": `redis trigger "orders": TriggerAuthentication shop/vault: hashiCorpVault: log in: the token of ServiceAccount shop/vault that was requested: ` + problem,
	} {
		c, s := newStores(t, stored+"---"+bound)
		c.deaf = true
		require.Equal(t, want, c.fail(t, using(name)))
		require.Empty(t, s.vault.Seen())
	}
}

func TestLegacyModeWarnsWheneverATokenLeaves(t *testing.T) {
	var log bytes.Buffer
	c, s := newStores(t, stored+"---"+bound)
	c.TokenPolicy = policy.Tokens{Legacy: true}
	c.Logger = logger(&log)
	c.VaultTokenFile = file(t, c.operatorToken(apiServer))
	s.vaultFake.Logins = map[string]string{"kubernetes/operator": c.operatorToken(apiServer)}
	c.login(t, nil)
	require.Equal(t, values{"password": "hunter2"}, revealed(c.resolve(t, using("vault-file")).Spec.Auth))
	require.Equal(t, values{"bearerToken": c.hourly(1, "shop", "reader", apiServer)}, revealed(c.resolve(t, using("bound")).Spec.Auth))
	require.Equal(t, `level=WARN msg="logging in to a Vault with a token that the API server may take" file=`+c.VaultTokenFile+`
level=WARN msg="requesting a token that the API server takes, for wherever a tenant says" account="ServiceAccount shop/reader"
`, log.String())
}
