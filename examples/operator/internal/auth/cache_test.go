package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestThousandTriggersWithOneAuthenticationAskOnce(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolveAtOnce(t, 1000, "vault")
	require.Equal(t, []string{"GET /v1/secret/data/redis", "POST /v1/auth/kubernetes/login"}, s.vault.Seen())
	require.Equal(t, 1, c.tokens)
}

func TestAnswersAreKeptForAMinute(t *testing.T) {
	c, s := newStores(t, stored)
	first := c.resolve(t, using("vault"))
	s.vaultFake.Static["secret/data/redis"] = map[string]any{"data": map[string]any{"username": "reader", "password": "rotated"}}
	c.now = first.Expires.Add(-time.Second)
	require.Equal(t, "hunter2", c.resolve(t, using("vault")).Spec.Auth["password"].Reveal())
	c.now = first.Expires
	require.Equal(t, "rotated", c.resolve(t, using("vault")).Spec.Auth["password"].Reveal())
}

func TestChangedAuthenticationIsNotTheOldOne(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolve(t, using("vault"))
	s.vault.Seen()
	key := client.ObjectKey{Namespace: "shop", Name: "vault"}
	var ta v1alpha1.TriggerAuthentication

	require.NoError(t, c.Get(t.Context(), key, &ta))
	ta.Status.ScaledObjectNamesStr = "orders"
	require.NoError(t, c.Update(t.Context(), &ta))
	c.resolve(t, using("vault"))
	require.Empty(t, s.vault.Seen(), "its users are another matter")

	ta.Spec.HashiCorpVault.Secrets = ta.Spec.HashiCorpVault.Secrets[:1]
	c.put(t, &ta)
	require.Equal(t, values{"password": "hunter2"}, revealed(c.resolve(t, using("vault")).Spec.Auth))
}

func TestChangedCredentialIsUsedAtOnce(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolve(t, using("azure"))
	s.entra.Clients["principal"] = "rotated"
	credentials := &corev1.Secret{ObjectMeta: meta("shop", "credentials"), Data: map[string][]byte{"azure": []byte("rotated")}}
	c.put(t, credentials)
	c.resolve(t, using("azure"))
	require.Equal(t, 2, s.entra.Issued())
}

func TestEveryPartOfAnAccessKeyCounts(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolve(t, using("aws"))
	s.sts.Keys.Add(awsfake.Key{ID: "AKIAKEY", Secret: "key-secret", Token: "rotated", Owner: "key"})
	key := map[string][]byte{"id": []byte("AKIAKEY"), "secret": []byte("key-secret"), "token": []byte("rotated")}
	c.put(t, &corev1.Secret{ObjectMeta: meta("shop", "credentials"), Data: key})
	s.aws.Seen()
	c.resolve(t, using("aws"))
	require.Equal(t, []string{"POST /"}, s.aws.Seen())
}

func TestLoginIsThatOfOneServiceAccountOnly(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolve(t, using("vault"))
	account := &corev1.ServiceAccount{ObjectMeta: meta("shop", "vault")}
	require.NoError(t, c.Delete(t.Context(), account))
	account.UID, account.ResourceVersion = "another", ""
	require.NoError(t, c.Create(t.Context(), account))
	s.vaultFake.Logins["kubernetes/operator"] = c.hourly(2, "shop", "vault", "vault")
	s.vault.Seen()
	c.resolve(t, using("vault"))
	require.Equal(t, []string{"GET /v1/secret/data/redis", "POST /v1/auth/kubernetes/login"}, s.vault.Seen())
}

func TestOutageTakesNothingAway(t *testing.T) {
	c, s := newStores(t, stored)
	first := c.resolve(t, using("vault"))
	s.vault.Shut(true)
	c.now = first.Expires
	for range 2 {
		resolved, err := c.Spec(t.Context(), using("vault"), c.owner)
		require.NoError(t, err)
		require.Equal(t, first.Spec.Auth, resolved.Spec.Auth)
		require.Equal(t, c.now.Add(10*time.Second), resolved.Expires)
		require.EqualError(t, resolved.Stale, `TriggerAuthentication shop/vault: hashiCorpVault: password: GET https://vault:8200/v1/secret/data/redis: 503 Service Unavailable
TriggerAuthentication shop/vault: hashiCorpVault: username: GET https://vault:8200/v1/secret/data/redis: 503 Service Unavailable`)
	}
	s.vault.Shut(false)
	c.now = c.now.Add(10 * time.Second)
	require.Equal(t, c.now.Add(time.Minute), c.resolve(t, using("vault")).Expires)
}

func TestWhatIsGoneIsGone(t *testing.T) {
	c, s := newStores(t, stored)
	first := c.resolve(t, using("vault"))
	clear(s.vaultFake.Static)
	c.now = first.Expires
	_, err := c.Spec(t.Context(), using("vault"), c.owner)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestFailuresAreNotRepeatedForEveryTrigger(t *testing.T) {
	c, s := newStores(t, stored)
	s.vault.Shut(true)
	for range 3 {
		require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/vault: hashiCorpVault: log in: POST https://vault:8200/v1/auth/kubernetes/login: 503 Service Unavailable`,
			c.fail(t, using("vault")))
	}
	require.Len(t, s.vault.Seen(), 1)

	s.vault.Shut(false)
	c.now = c.now.Add(10 * time.Second)
	c.resolve(t, using("vault"))
}

func TestWhoGivesUpDoesNotSpeakForOthers(t *testing.T) {
	c, _ := newStores(t, stored)
	over, end := context.WithCancel(t.Context())
	end()
	_, err := c.Spec(over, using("vault"), c.owner)
	require.ErrorIs(t, err, context.Canceled)
	c.resolve(t, using("vault"))
}

func TestWhatNobodyAsksForIsForgotten(t *testing.T) {
	c, s := newStores(t, stored)
	c.resolve(t, using("vault"))
	c.now = c.now.Add(11 * time.Minute)
	c.resolve(t, using("azure")) // something new takes its place
	s.vault.Seen()
	s.vaultFake.Logins["kubernetes/operator"] = c.hourly(2, "shop", "vault", "vault")
	c.resolve(t, using("vault"))
	require.Equal(t, []string{"GET /v1/secret/data/redis", "POST /v1/auth/kubernetes/login"}, s.vault.Seen())
}
