package reliability

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// TestDeletedDuringExchange deletes ScaledObjects whose source has been asked,
// but has not answered yet.
func TestDeletedDuringExchange(t *testing.T) {
	t.Run("at once", func(t *testing.T) { deleteDuringExchange(t, false, 0, 10) })
	// There is a finalizer, for something is left to be done.
	t.Run("restored", func(t *testing.T) { deleteDuringExchange(t, true, 0, 10, 0) })
}

// deleteDuringExchange compares the numbers of replicas that there were with
// those that there should have been.
func deleteDuringExchange(t *testing.T, restore bool, want ...int32) {
	redis := startRedis(t)
	proxy, err := broker.StartProxy(redis.Address)
	require.NoError(t, err)
	t.Cleanup(proxy.Close)
	namespace := r.Namespace(t)
	h := watch(t, namespace)
	hpa, direct := eagerHPA, eagerDirect
	hpa.address, direct.address = proxy.Address, proxy.Address
	hpa.restore, direct.restore = restore, restore
	workers := []worker{hpa, direct}
	for _, w := range workers {
		push(t, redis, w.name, 50)
	}
	apply(t, namespace, redis.Password, workers...)
	for _, w := range workers {
		r.AwaitReplicas(t, namespace, w.name, 10)
	}

	proxy.Hold()
	for _, w := range workers {
		push(t, redis, w.name, 50)
	}
	<-proxy.Hold() // an answer that calls for 20
	for _, w := range workers {
		require.NoError(t, r.ScaledObjects(t, namespace).Delete(t.Context(), w.name, metav1.DeleteOptions{}))
	}
	for _, w := range workers {
		awaitForgotten(t, namespace, w.name)
	}
	proxy.Release()

	// Another one comes after whatever is still under way.
	later := worker{name: "later", mode: "direct", address: proxy.Address, cooldown: 1}
	push(t, redis, later.name, 50)
	apply(t, namespace, redis.Password, later)
	h.await(t, later.name, 0, 10)
	for _, w := range workers {
		r.AwaitNoHPA(t, namespace, w.name)
		h.await(t, w.name, want...)
	}
	assert.NotContains(t, logs(t), "panic")
}

// awaitForgotten returns when a ScaledObject is gone and the operator has
// noticed.
func awaitForgotten(t *testing.T, namespace, name string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		_, err := r.Status(ctx, namespace, name)
		if err == nil {
			return fmt.Errorf("there is a ScaledObject %s", name)
		}
		if !apierrors.IsNotFound(err) {
			return err
		}
		_, known, err := metric(ctx, r, "keda_scaled_object_paused", "namespace="+namespace, "scaledObject="+name)
		if known {
			err = fmt.Errorf("the operator knows of a ScaledObject %s", name)
		}
		return err
	})
}

// TestNamespaceDeleted deletes a namespace while every source in it is down.
func TestNamespaceDeleted(t *testing.T) {
	redis := startRedis(t)
	namespace, _ := startEager(t, redis, redis.Address)
	restored := worker{name: "restored", mode: "hpa", address: redis.Address, cooldown: 1, restore: true}
	r.Apply(t, namespace, restored.String())
	redis.Kill()
	for _, w := range []worker{eagerHPA, eagerDirect, restored} {
		awaitTriggerError(t, namespace, w.name, "connection refused")
	}

	require.NoError(t, r.Client.CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}))
	// Nobody waits for a source, so it takes no longer than the rest of the
	// cluster does.
	require.NoError(t, process.Poll(t.Context(), time.Minute, func(ctx context.Context) error {
		is, err := r.Client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("the namespace is still there: %v", is.Status)
		}
		return err
	}))
	for _, w := range []worker{eagerHPA, eagerDirect, restored} {
		awaitForgotten(t, namespace, w.name)
	}
}
