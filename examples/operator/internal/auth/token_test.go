package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/keda"
)

const bound = `
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: reader, uid: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: keda, name: reader, uid: b}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: forbidden}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: bound}
spec:
  boundServiceAccountToken: [{parameter: bearerToken, serviceAccountName: reader}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: bound-too}
spec:
  boundServiceAccountToken: [{parameter: token, serviceAccountName: reader}]
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: bound}
spec:
  boundServiceAccountToken: [{parameter: bearerToken, serviceAccountName: reader}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: no-tokens}
spec:
  boundServiceAccountToken:
  - {parameter: a, serviceAccountName: none}
  - {parameter: b, serviceAccountName: forbidden}
`

func TestTokensAreSharedAndReplacedInTime(t *testing.T) {
	c := newCluster(t, bound)
	token := c.hourly(1, "shop", "reader", "metrics")
	first := c.resolve(t, using("bound"))
	require.Equal(t, values{"bearerToken": token}, revealed(first.Spec.Auth))
	require.Equal(t, c.now.Add(40*time.Minute), first.Expires)
	require.Equal(t, []keda.Ref{{Kind: "TriggerAuthentication", Namespace: "shop", Name: "bound"}, {Kind: "ServiceAccount", Namespace: "shop", Name: "reader"}}, first.Refs)
	require.Equal(t, values{"token": token}, revealed(c.resolve(t, using("bound-too")).Spec.Auth))
	require.Equal(t, values{"bearerToken": c.hourly(2, "keda", "reader", "metrics")}, revealed(c.resolve(t, using("ClusterTriggerAuthentication/bound")).Spec.Auth))

	c.now = first.Expires.Add(-time.Second)
	require.Equal(t, first.Spec.Auth, c.resolve(t, using("bound")).Spec.Auth)
	c.now = first.Expires
	require.Equal(t, values{"bearerToken": c.hourly(3, "shop", "reader", "metrics")}, revealed(c.resolve(t, using("bound")).Spec.Auth))
}

func TestTokenExpiry(t *testing.T) {
	c := newCluster(t, bound)
	c.TokenExpiry = 6 * time.Hour
	require.Equal(t, c.now.Add(4*time.Hour), c.resolve(t, using("bound")).Expires)
}

func TestTokenIsForOneServiceAccountOnly(t *testing.T) {
	c := newCluster(t, bound)
	c.resolve(t, using("bound"))
	account := &corev1.ServiceAccount{ObjectMeta: meta("shop", "reader")}
	require.NoError(t, c.Delete(t.Context(), account))
	account.UID, account.ResourceVersion = "c", ""
	require.NoError(t, c.Create(t.Context(), account))
	require.Equal(t, values{"bearerToken": c.hourly(2, "shop", "reader", "metrics")}, revealed(c.resolve(t, using("bound")).Spec.Auth))
}

func TestTokensThatAreNotToBeHad(t *testing.T) {
	c := newCluster(t, bound)
	resolved, err := c.Spec(t.Context(), using("no-tokens"), c.owner)
	require.EqualError(t, err, `redis trigger "orders": TriggerAuthentication shop/no-tokens: boundServiceAccountToken: a: ServiceAccount shop/none does not exist
redis trigger "orders": TriggerAuthentication shop/no-tokens: boundServiceAccountToken: b: request a token of ServiceAccount shop/forbidden: serviceaccounts "forbidden" is forbidden: User "keda-operator" cannot create resource`)
	require.Equal(t, c.now.Add(10*time.Second), resolved.Expires, "when it is tried again")
}

func TestTokenIsUsedToItsEndIfThereIsNoOther(t *testing.T) {
	c := newCluster(t, bound)
	first := c.resolve(t, using("bound"))
	c.noTokens = errors.New("connection refused")
	c.now = first.Expires
	resolved, err := c.Spec(t.Context(), using("bound"), c.owner)
	require.NoError(t, err)
	require.Equal(t, first.Spec.Auth, resolved.Spec.Auth)
	require.EqualError(t, resolved.Stale, "TriggerAuthentication shop/bound: boundServiceAccountToken: bearerToken: request a token of ServiceAccount shop/reader: connection refused")
	require.Equal(t, c.now.Add(10*time.Second), resolved.Expires)

	c.now = c.now.Add(20 * time.Minute)
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/bound: boundServiceAccountToken: bearerToken: request a token of ServiceAccount shop/reader: connection refused`,
		c.fail(t, using("bound")))
	c.noTokens = nil
	c.now = c.now.Add(10 * time.Second)
	require.Equal(t, values{"bearerToken": c.hourly(2, "shop", "reader", "metrics")}, revealed(c.resolve(t, using("bound")).Spec.Auth))
}
