package keda

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const environments = `
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: redis}
stringData: {PASSWORD: hunter2, HOST: secret-host}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: shop, name: redis}
data: {HOST: configmap-host, PORT: "6379", PRICE: "$$5"}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: env}
spec:
  env:
  - {parameter: password, name: PASSWORD}
  - {parameter: other, name: PASSWORD, containerName: sidecar}
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: env}
spec:
  env: [{parameter: password, name: PASSWORD}]
`

func named(name string) corev1.LocalObjectReference {
	return corev1.LocalObjectReference{Name: name}
}

func fromSecret(name, prefix string, optional *bool) corev1.EnvFromSource {
	return corev1.EnvFromSource{Prefix: prefix, SecretRef: &corev1.SecretEnvSource{LocalObjectReference: named(name), Optional: optional}}
}

func fromConfigMap(name, prefix string, optional *bool) corev1.EnvFromSource {
	return corev1.EnvFromSource{Prefix: prefix, ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named(name), Optional: optional}}
}

func secretVar(variable, name, key string, optional *bool) corev1.EnvVar {
	return corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: named(name), Key: key, Optional: optional}}}
}

func configMapVar(variable, name, key string, optional *bool) corev1.EnvVar {
	return corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{
		ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: named(name), Key: key, Optional: optional}}}
}

var yes, no = true, false

// lookup returns a variable as a trigger gets it, with a question mark if it is
// not set.
func (c *cluster) lookup(name string) (string, []Ref, error) {
	resolved, err := c.Spec(context.Background(), v1alpha1.ScaleTriggers{Type: "redis", Metadata: values{"hostFromEnv": name}}, c.owner)
	value := "?"
	if secret, ok := resolved.Spec.Env[name]; ok {
		value = secret.Reveal()
	}
	return value, resolved.Refs, err
}

func TestVariables(t *testing.T) {
	secret, configMap := Ref{Kind: "Secret", Namespace: "shop", Name: "redis"}, Ref{Kind: "ConfigMap", Namespace: "shop", Name: "redis"}
	none := Ref{Kind: "Secret", Namespace: "shop", Name: "none"}
	type vars = []corev1.EnvVar
	type from = []corev1.EnvFromSource

	for name, c := range map[string]struct {
		env  vars
		from from
		want string // of HOST
		refs []Ref
	}{
		"not set":                            {want: "?"},
		"empty":                              {env: vars{{Name: "HOST"}}, want: ""},
		"a value":                            {env: vars{{Name: "HOST", Value: "redis"}}, want: "redis"},
		"the last of two":                    {env: vars{{Name: "HOST", Value: "a"}, {Name: "HOST", Value: "b"}}, want: "b"},
		"of a Secret":                        {env: vars{secretVar("HOST", "redis", "HOST", nil)}, want: "secret-host", refs: []Ref{secret}},
		"of a ConfigMap":                     {env: vars{configMapVar("HOST", "redis", "HOST", &no)}, want: "configmap-host", refs: []Ref{configMap}},
		"all of a Secret":                    {from: from{fromSecret("redis", "", nil)}, want: "secret-host", refs: []Ref{secret}},
		"all of a ConfigMap":                 {from: from{fromConfigMap("redis", "", nil)}, want: "configmap-host", refs: []Ref{configMap}},
		"with a prefix":                      {from: from{fromConfigMap("redis", "HO", nil)}, want: "?", refs: []Ref{configMap}},
		"with another prefix":                {from: from{fromConfigMap("redis", "X_", nil)}, want: "?"},
		"all of the last of two":             {from: from{fromSecret("redis", "", nil), fromConfigMap("redis", "", nil)}, want: "configmap-host", refs: []Ref{configMap}},
		"env comes after envFrom":            {env: vars{{Name: "HOST", Value: "redis"}}, from: from{fromSecret("none", "", nil)}, want: "redis"},
		"optional, not there":                {env: vars{secretVar("HOST", "none", "HOST", &yes)}, want: "?", refs: []Ref{none}},
		"optional, no such key":              {env: vars{secretVar("HOST", "redis", "none", &yes)}, want: "?", refs: []Ref{secret}},
		"optional, with something before":    {env: vars{{Name: "HOST", Value: "before"}, configMapVar("HOST", "redis", "none", &yes)}, want: "before", refs: []Ref{configMap}},
		"optional, with something in a list": {env: vars{secretVar("HOST", "none", "HOST", &yes)}, from: from{fromConfigMap("redis", "", nil)}, want: "configmap-host", refs: []Ref{none, configMap}},
		"all of something optional":          {from: from{fromSecret("none", "", &yes)}, want: "?", refs: []Ref{none}},
		"expanded":                           {env: vars{secretVar("P", "redis", "PASSWORD", nil), {Name: "HOST", Value: "redis://:$(P)@$$(P)$(Q)$$"}}, want: "redis://:hunter2@$(P)$(Q)$", refs: []Ref{secret}},
		"expanded from a list":               {env: vars{{Name: "HOST", Value: "h:$(PORT)"}}, from: from{fromConfigMap("redis", "", nil)}, want: "h:6379", refs: []Ref{configMap}},
		"expanded by what is before only":    {env: vars{{Name: "A", Value: "$(HOST)$(B)"}, {Name: "HOST", Value: "x$(A)"}, {Name: "B", Value: "b"}}, want: "x$(HOST)$(B)"},
		"expanded by itself":                 {env: vars{{Name: "HOST", Value: "a"}, {Name: "HOST", Value: "$(HOST)b"}}, want: "ab"},
		"expanded by the last before":        {env: vars{{Name: "A", Value: "1"}, {Name: "A", Value: "2"}, {Name: "HOST", Value: "$(A)"}, {Name: "A", Value: "3"}}, want: "2"},
		"values of entries are not expanded": {env: vars{configMapVar("HOST", "redis", "PRICE", nil)}, want: "$$5", refs: []Ref{configMap}},
		"what nobody asks for is not read":   {env: vars{secretVar("OTHER", "none", "x", nil), {Name: "HOST", Value: "redis"}}, want: "redis"},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster(t, environments)
			cluster.pod(c.env, c.from...)
			value, refs, err := cluster.lookup("HOST")
			require.NoError(t, err)
			require.Equal(t, c.want, value)
			require.Equal(t, c.refs, refs)
		})
	}
}

func TestVariablesThatCannotBeKnown(t *testing.T) {
	long := strings.Repeat("x", 1<<19)
	field := corev1.EnvVar{Name: "HOST", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}
	for name, c := range map[string]struct {
		env  []corev1.EnvVar
		from []corev1.EnvFromSource
		want string
	}{
		"no Secret":           {[]corev1.EnvVar{secretVar("HOST", "none", "HOST", nil)}, nil, `Secret shop/none does not exist`},
		"no key":              {[]corev1.EnvVar{configMapVar("HOST", "redis", "host", &no)}, nil, `ConfigMap shop/redis has no key "host": it has HOST, PORT, PRICE`},
		"no list":             {nil, []corev1.EnvFromSource{fromConfigMap("redis", "", nil), fromSecret("none", "H", nil)}, `Secret shop/none does not exist`},
		"in another variable": {[]corev1.EnvVar{secretVar("P", "none", "P", nil), {Name: "HOST", Value: "$(P)$(P)$$"}}, nil, `Secret shop/none does not exist`},
		"a running pod":       {[]corev1.EnvVar{field}, nil, `its value is known in a running pod only: use one with a value, a secretKeyRef or a configMapKeyRef`},
		"too long": {[]corev1.EnvVar{{Name: "A", Value: long}, {Name: "HOST", Value: "$(A)$(A)$(A)"}}, nil,
			`it is longer than 1048576 bytes with its references expanded`},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster(t, environments)
			cluster.pod(c.env, c.from...)
			_, _, err := cluster.lookup("HOST")
			require.EqualError(t, err, `redis trigger: hostFromEnv: environment variable "HOST" of container "app": `+c.want)
		})
	}
}

func TestExpansionOfManyReferencesIsQuick(t *testing.T) {
	c := newCluster(t, environments)
	env := []corev1.EnvVar{{Name: "HOST", Value: ""}}
	for range 1000 { // 2^1000 look-ups, if each was made
		env = append(env, corev1.EnvVar{Name: "HOST", Value: "$(HOST)$(HOST)"})
	}
	c.pod(env)
	value, _, err := c.lookup("HOST")
	require.NoError(t, err)
	require.Empty(t, value)
}

func TestVariablesOfTheTriggersMetadata(t *testing.T) {
	c := newCluster(t, environments)
	c.pod([]corev1.EnvVar{{Name: "HOST", Value: "h"}, {Name: "FILE", Value: "f"}, {Name: "OTHER", Value: "o"}})
	spec := c.resolve(t, v1alpha1.ScaleTriggers{Metadata: values{"hostFromEnv": " HOST ", "credentialsFromEnvFile": "FILE", "userFromEnv": " ", "other": "OTHER"}}).Spec
	for name, want := range map[string]bool{"HOST": true, "FILE": true, "OTHER": false, "": false} {
		_, ok := spec.Env[name]
		require.Equal(t, want, ok, name)
	}
}

func TestContainers(t *testing.T) {
	c := newCluster(t, environments)
	c.owner.Pod = &corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{
		{Name: "app", Env: []corev1.EnvVar{{Name: "PASSWORD", Value: "of the app"}}},
		{Name: "sidecar", Env: []corev1.EnvVar{{Name: "PASSWORD", Value: "of the sidecar"}}},
	}}}
	require.Equal(t, values{"password": "of the app", "other": "of the sidecar"}, revealed(c.resolve(t, using("env")).Spec.Auth))
	require.Equal(t, values{"password": "of the app"}, revealed(c.resolve(t, using("ClusterTriggerAuthentication/env")).Spec.Auth))

	c.owner.Container = "sidecar"
	require.Equal(t, values{"password": "of the sidecar", "other": "of the sidecar"}, revealed(c.resolve(t, using("env")).Spec.Auth))
	password, _, err := c.lookup("PASSWORD")
	require.NoError(t, err)
	require.Equal(t, "of the sidecar", password)

	c.owner.Pod.Spec.InitContainers = []corev1.Container{{Name: "migrate", Env: []corev1.EnvVar{{Name: "PASSWORD", Value: "of the migration"}}}}
	c.owner.Container = "migrate"
	password, _, err = c.lookup("PASSWORD")
	require.NoError(t, err)
	require.Equal(t, "of the migration", password)

	c.owner.Container = "none"
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/env: env: password: the pod template of the workload has no container "none": it has app, sidecar, migrate`,
		c.fail(t, using("env")))
	c.owner = Owner{Namespace: "shop", Pod: &corev1.PodTemplateSpec{}}
	require.Equal(t, `redis trigger "orders": ClusterTriggerAuthentication env: env: password: the pod template of the workload has no container`,
		c.fail(t, using("ClusterTriggerAuthentication/env")))
}

func TestVariableThatIsMissingForAnAuthentication(t *testing.T) {
	c := newCluster(t, environments)
	c.pod([]corev1.EnvVar{{Name: "PASSWD"}}, fromConfigMap("redis", "REDIS_", nil), fromSecret("none", "NONE_", nil), fromSecret("redis", "PASS", nil))
	require.Equal(t, `redis trigger "orders": ClusterTriggerAuthentication env: env: password: container "app" has no environment variable "PASSWORD": it has PASSHOST, PASSPASSWORD, PASSWD`,
		c.fail(t, using("ClusterTriggerAuthentication/env")))
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}
