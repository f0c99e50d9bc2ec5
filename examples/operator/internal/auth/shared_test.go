package auth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const sharedSecret = `
apiVersion: v1
kind: Secret
metadata: {name: redis, namespace: shop, resourceVersion: "7"}
stringData: {password: hunter2}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: redis, namespace: shop}
spec:
  secretTargetRef: [{parameter: password, name: redis, key: password}]
`

// watched tells versions as a watch does that has told of some objects.
func (c *cluster) watched(versions map[string]string) {
	var mu sync.Mutex
	c.Version = func(_ context.Context, ref keda.Ref) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		version, ok := versions[ref.String()]
		return version, ok
	}
}

// readsOf returns how often something is read meanwhile that is no authentication.
func (c *cluster) readsOf(t *testing.T, name string, want values) int {
	t.Helper()
	before := c.reads.Load()
	require.Equal(t, want, revealed(c.resolve(t, using(name)).Spec.Auth))
	return int(c.reads.Load()-before) - 1
}

func TestASecretIsReadOnceAVersion(t *testing.T) {
	c := newCluster(t, sharedSecret)
	versions := map[string]string{}
	c.watched(versions)
	old := values{"password": "hunter2"}
	require.Equal(t, 1, c.readsOf(t, "redis", old), "the watch has not told of it")
	require.Equal(t, 1, c.readsOf(t, "redis", old), "the watch has not told of it")

	versions["Secret shop/redis"] = "7"
	before := c.reads.Load()
	c.resolveAtOnce(t, 100, "redis")
	require.EqualValues(t, 1+100, c.reads.Load()-before, "100 are authentications")

	var secret corev1.Secret
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "redis"}, &secret))
	secret.Data["password"] = []byte("rotated")
	require.NoError(t, c.Update(t.Context(), &secret))
	require.Equal(t, "8", secret.ResourceVersion)
	require.Zero(t, c.readsOf(t, "redis", old), "the watch does not know yet")

	versions["Secret shop/redis"] = "8"
	c.broken = errors.New("the API server restarts")
	require.Contains(t, c.fail(t, using("redis")), "the API server restarts")
	c.broken = nil
	rotated := values{"password": "rotated"}
	require.Equal(t, 1, c.readsOf(t, "redis", rotated), "nothing is taken for the version that could not be read")
	require.Zero(t, c.readsOf(t, "redis", rotated))
	versions["Secret shop/redis"] = "7"
	require.Zero(t, c.readsOf(t, "redis", rotated), "the watch lags behind")
	versions["Secret shop/redis"] = "none that can be compared"
	require.Equal(t, 1, c.readsOf(t, "redis", rotated))
	delete(versions, "Secret shop/redis")
	require.Equal(t, 1, c.readsOf(t, "redis", rotated), "it may be gone")
}

func TestFewSecretsAreKept(t *testing.T) {
	c := newCluster(t, sharedSecret)
	versions := map[string]string{"Secret shop/redis": "7"}
	c.watched(versions)
	password := values{"password": "hunter2"}
	require.Equal(t, 1, c.readsOf(t, "redis", password))
	const many = 150
	for i := range many {
		name := fmt.Sprint("other-", i)
		meta := metav1.ObjectMeta{Namespace: "shop", Name: name}
		secret := corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"password": []byte("hunter2")}}
		require.NoError(t, c.Create(t.Context(), &secret))
		ta := v1alpha1.TriggerAuthentication{ObjectMeta: meta}
		ta.Spec.SecretTargetRef = []v1alpha1.AuthSecretTargetRef{{Parameter: "password", Name: name, Key: "password"}}
		require.NoError(t, c.Create(t.Context(), &ta))
		versions[keda.Ref{Kind: "Secret", Namespace: "shop", Name: name}.String()] = secret.ResourceVersion
		require.Equal(t, 1, c.readsOf(t, name, password))
		require.Zero(t, c.readsOf(t, "redis", password), "it is used all the time")
	}
	require.Zero(t, c.readsOf(t, fmt.Sprint("other-", many-1), password))
	require.Equal(t, 1, c.readsOf(t, "other-0", password), "it made room")
}
