package keda

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

func TestTriggerWithoutAuthentication(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	trigger := v1alpha1.ScaleTriggers{Type: "redis", Name: "orders", MetricType: "Value", Metadata: values{"listName": "orders"}}
	resolved := c.resolve(t, trigger)
	require.Equal(t, Resolved{Spec: scalerkit.Spec{
		Type: "redis", Name: "orders", MetricType: scalerkit.Total, Metadata: values{"listName": "orders"}, Auth: scalerkit.Secrets(values{}),
		Env: scalerkit.Secrets(values{}), Owner: scalerkit.Key{Namespace: "shop"},
	}}, resolved)
}

const secretsAndConfigMaps = `
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: redis}
stringData: {password: hunter2, username: reader, empty: ""}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: shop, name: redis}
data: {address: "redis:6379"}
binaryData: {certificate: UEVN}
---
apiVersion: v1
kind: Secret
metadata: {namespace: keda, name: redis}
stringData: {password: hunter3}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: redis}
spec:
  secretTargetRef:
  - {parameter: password, name: redis, key: password}
  - {parameter: username, name: redis, key: username}
  - {parameter: empty, name: redis, key: empty}
  configMapTargetRef:
  - {parameter: address, name: redis, key: address}
  - {parameter: ca, name: redis, key: certificate}
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: redis}
spec:
  secretTargetRef: [{parameter: password, name: redis, key: password}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: mistaken}
spec:
  secretTargetRef:
  - {parameter: password, name: redis, key: passwd}
  - {parameter: username, name: valkey, key: username}
  - {parameter: good, name: redis, key: username}
  configMapTargetRef:
  - {parameter: address, name: redis, key: addresses}
  - {parameter: ca, name: certificates, key: certificate}
`

func TestSecretsAndConfigMaps(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	resolved := c.resolve(t, using("redis"))
	require.Equal(t, values{"password": "hunter2", "username": "reader", "empty": "", "address": "redis:6379", "ca": "PEM"}, revealed(resolved.Spec.Auth))
	require.Equal(t, []Ref{{"TriggerAuthentication", "shop", "redis"}, {"ConfigMap", "shop", "redis"}, {"Secret", "shop", "redis"}}, resolved.Refs)
	require.Zero(t, resolved.Expires, "all of it is watched")

	resolved = c.resolve(t, using("ClusterTriggerAuthentication/redis"))
	require.Equal(t, values{"password": "hunter3"}, revealed(resolved.Spec.Auth))
	require.Equal(t, []Ref{{"ClusterTriggerAuthentication", "", "redis"}, {"Secret", "keda", "redis"}}, resolved.Refs)
	require.Equal(t, "[ClusterTriggerAuthentication redis Secret keda/redis]", fmt.Sprint(resolved.Refs))
}

func TestEverythingThatIsMissingIsNamedAtOnce(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	trigger := using("mistaken")
	trigger.Metadata["hostFromEnv"] = "HOST"
	resolved, err := c.Spec(t.Context(), trigger, c.owner)
	require.EqualError(t, err, `redis trigger "orders": hostFromEnv: the workload has no pod template that can be read, and so no environment variables that are known
redis trigger "orders": TriggerAuthentication shop/mistaken: configMapTargetRef: address: ConfigMap shop/redis has no key "addresses": it has address, certificate
redis trigger "orders": TriggerAuthentication shop/mistaken: configMapTargetRef: ca: ConfigMap shop/certificates does not exist
redis trigger "orders": TriggerAuthentication shop/mistaken: secretTargetRef: password: Secret shop/redis has no key "passwd": it has empty, password, username
redis trigger "orders": TriggerAuthentication shop/mistaken: secretTargetRef: username: Secret shop/valkey does not exist`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	require.Equal(t, []Ref{
		{"TriggerAuthentication", "shop", "mistaken"}, {"ConfigMap", "shop", "redis"}, {"ConfigMap", "shop", "certificates"},
		{"Secret", "shop", "redis"}, {"Secret", "shop", "valkey"},
	}, resolved.Refs)
}

func TestMissingAuthentication(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	for name, want := range map[string]string{
		"none":                              `redis trigger "orders": TriggerAuthentication shop/none does not exist`,
		"ClusterTriggerAuthentication/none": `redis trigger "orders": ClusterTriggerAuthentication none does not exist`,
		"Secret/redis":                      `redis trigger "orders": authenticationRef: kind "Secret" is not one of TriggerAuthentication, ClusterTriggerAuthentication`,
	} {
		require.Equal(t, want, c.fail(t, using(name)))
	}
	resolved, _ := c.Spec(t.Context(), using("none"), c.owner)
	require.Equal(t, []Ref{{"TriggerAuthentication", "shop", "none"}}, resolved.Refs, "so that it heals when that is made")
	c.put(&v1alpha1.TriggerAuthentication{ObjectMeta: meta("shop", "none")})
	c.resolve(t, using("none"))
}

func TestAPIServerThatCannotBeReached(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	c.broken = errors.New("connection refused")
	require.Equal(t, `redis trigger "orders": read TriggerAuthentication shop/redis: connection refused`, c.fail(t, using("redis")))
	_, err := c.Spec(t.Context(), using("redis"), c.owner)
	require.NotErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestRotatedSecretTakesEffect(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	c.resolve(t, using("redis"))
	c.put(&corev1.Secret{ObjectMeta: meta("shop", "redis"), Data: map[string][]byte{"password": []byte("new"), "username": nil, "empty": nil}})
	require.Equal(t, "new", c.resolve(t, using("redis")).Spec.Auth["password"].Reveal())
}

const overlapping = `
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: values}
stringData: {value: secret}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: shop, name: values}
data: {value: configMap}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: overlapping}
spec:
  oauth2:
    clientId: oauth2
    tokenUrl: https://login.example.com/token
    clientSecret: {valueFrom: {secretKeyRef: {name: values, key: value}}}
    scopes: [read, write]
    tokenUrlParams: {audience: "a&b", resource: r}
  boundServiceAccountToken:
  - {parameter: clientID, serviceAccountName: reader}
  - {parameter: token, serviceAccountName: reader}
  secretTargetRef:
  - {parameter: token, name: values, key: value}
  - {parameter: secret, name: values, key: value}
  configMapTargetRef:
  - {parameter: secret, name: values, key: value}
  - {parameter: configMap, name: values, key: value}
  env:
  - {parameter: configMap, name: VALUE}
  - {parameter: env, name: VALUE}
`

func TestLaterSourcesOverwriteEarlierOnes(t *testing.T) {
	c := newCluster(t, overlapping)
	c.pod([]corev1.EnvVar{{Name: "VALUE", Value: "env"}})
	c.Stores = stores{"token": "of a store", "clientID": "of a store"}
	require.Equal(t, values{
		"env":            "env",
		"configMap":      "configMap",
		"secret":         "secret",
		"token":          "of a store",
		"clientID":       "oauth2",
		"clientSecret":   "secret",
		"oauthTokenURI":  "https://login.example.com/token",
		"scopes":         "read,write",
		"endpointParams": "audience=a%26b&resource=r",
	}, revealed(c.resolve(t, using("overlapping")).Spec.Auth))
}

// stores have these parameters for everybody.
type stores values

func (s stores) Read(_ context.Context, a *Authentication) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		a.Set("stores: ", name, s[name], nil)
	}
}

func TestStores(t *testing.T) {
	c := newCluster(t, overlapping)
	about := `redis trigger "orders": TriggerAuthentication shop/overlapping: `
	c.pod([]corev1.EnvVar{{Name: "VALUE", Value: "env"}})
	require.Equal(t, about+"boundServiceAccountToken: this program does not read it: use secretTargetRef, configMapTargetRef or env", c.fail(t, using("overlapping")))

	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c.Stores = asking(func(a *Authentication) {
		require.Equal(t, Ref{"TriggerAuthentication", "shop", "overlapping"}, a.Ref)
		require.Equal(t, "shop", a.Namespace)
		require.Equal(t, "redis", a.Owner.Name)
		secret, ok := a.Credential(t.Context(), "vault: token: ", *a.Spec.OAuth2.ClientSecret)
		require.True(t, ok)
		require.Equal(t, "secret", secret.Reveal())
		_, ok = a.Credential(t.Context(), "vault: password: ", v1alpha1.SecretValue{})
		require.False(t, ok)
		a.Set("vault: ", "a", "", errors.New("sealed"))
		a.Fail("vault: ", errors.Join(errors.New("one"), errors.New("two")))
		a.Stale("vault: ", errors.New("it is old"))
		a.Expire(now.Add(time.Hour))
		a.Expire(time.Time{})
		a.Expire(now)
		require.ErrorIs(t, a.Get(t.Context(), Ref{"ServiceAccount", "shop", "none"}, &corev1.ServiceAccount{}), scalerkit.ErrNotFound)
		_, err := a.Identity(t.Context(), &v1alpha1.AuthPodIdentity{Provider: v1alpha1.PodIdentityProviderAwsEKS})
		require.EqualError(t, err, "ServiceAccount shop/default does not exist")
	})
	c.owner.Name = "redis"
	resolved, err := c.Spec(t.Context(), using("overlapping"), c.owner)
	require.EqualError(t, err, strings.Join([]string{
		about + "vault: password: Secret shop/ does not exist",
		about + "vault: sealed", about + "vault: one", about + "vault: two",
	}, "\n"))
	require.EqualError(t, resolved.Stale, "TriggerAuthentication shop/overlapping: vault: it is old")
	require.Equal(t, now, resolved.Expires)
	require.Contains(t, resolved.Refs, Ref{"ServiceAccount", "shop", "none"})
}

type asking func(*Authentication)

func (f asking) Read(_ context.Context, a *Authentication) { f(a) }

func TestSpecIsMadeOfCopies(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	first := c.resolve(t, using("redis"))
	first.Spec.Auth["password"] = scalerkit.NewSecret("changed")
	require.Equal(t, "hunter2", c.resolve(t, using("redis")).Spec.Auth["password"].Reveal())
}

func TestErrorsSayWhichTrigger(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	trigger := using("none")
	trigger.Name = ""
	_, err := c.Spec(context.Background(), trigger, c.owner)
	require.EqualError(t, err, `redis trigger: TriggerAuthentication shop/none does not exist`)
}

func TestTriggersOfAFormulaNeedNoTarget(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	trigger := v1alpha1.ScaleTriggers{Type: "prometheus", Metadata: values{"serverAddress": "http://prometheus:9090", "query": "up"}}
	for formula, want := range map[bool]string{true: "", false: "prometheus trigger: threshold: is missing: set it in the metadata"} {
		c.owner.Formula = formula
		spec := c.resolve(t, trigger).Spec
		require.Equal(t, formula, spec.NoTarget)
		scaler, err := all.Registry().Open(spec, scalerkit.Options{})
		if want != "" {
			require.EqualError(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, scaler.Close())
	}
}
