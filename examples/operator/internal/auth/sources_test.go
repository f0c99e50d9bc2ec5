package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

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
`

func TestObjectsOfTheCluster(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	resolved := c.resolve(t, using("redis"))
	require.Equal(t, values{"password": "hunter2", "username": "reader", "empty": "", "address": "redis:6379", "ca": "PEM"}, revealed(resolved.Spec.Auth))
	require.Equal(t, []keda.Ref{
		{Kind: "TriggerAuthentication", Namespace: "shop", Name: "redis"},
		{Kind: "ConfigMap", Namespace: "shop", Name: "redis"}, {Kind: "Secret", Namespace: "shop", Name: "redis"},
	}, resolved.Refs)
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/none does not exist`, c.fail(t, using("none")))
	_, err := c.Spec(t.Context(), using("none"), c.owner)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)

	c.broken = errors.New("connection refused")
	require.Equal(t, `redis trigger "orders": read TriggerAuthentication shop/redis: connection refused`, c.fail(t, using("redis")))
	_, err = c.Spec(context.Background(), using("redis"), c.owner)
	require.NotErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestSecretsAreRestricted(t *testing.T) {
	c := newCluster(t, secretsAndConfigMaps)
	c.RestrictSecrets = true
	require.Equal(t, values{"password": "hunter3"}, revealed(c.resolve(t, using("ClusterTriggerAuthentication/redis")).Spec.Auth))
	const restricted = "read Secret shop/redis: KEDA_RESTRICT_SECRET_ACCESS limits the operator to the Secrets of namespace keda"
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/redis: secretTargetRef: password: `+restricted+`
redis trigger "orders": TriggerAuthentication shop/redis: secretTargetRef: username: `+restricted+`
redis trigger "orders": TriggerAuthentication shop/redis: secretTargetRef: empty: `+restricted, c.fail(t, using("redis")))

	yes := true
	c.pod([]corev1.EnvVar{{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: "redis"}, Key: "password", Optional: &yes,
	}}}})
	require.Equal(t, `redis trigger: passwordFromEnv: environment variable "PASSWORD" of container "app": `+restricted,
		c.fail(t, v1alpha1.ScaleTriggers{Type: "redis", Metadata: values{"passwordFromEnv": "PASSWORD"}}), "optional or not")

	c = newCluster(t, secretsAndConfigMaps)
	c.RestrictSecrets, c.ClusterNamespace = true, ""
	require.Contains(t, c.fail(t, using("redis")), "KEDA_RESTRICT_SECRET_ACCESS", "nowhere is not everywhere")
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
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: reader}
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
	require.Equal(t, values{
		"env":            "env",
		"configMap":      "configMap",
		"secret":         "secret",
		"token":          c.hourly(1, "shop", "reader", "metrics"),
		"clientID":       "oauth2",
		"clientSecret":   "secret",
		"oauthTokenURI":  "https://login.example.com/token",
		"scopes":         "read,write",
		"endpointParams": "audience=a%26b&resource=r",
	}, revealed(c.resolve(t, using("overlapping")).Spec.Auth))
}
