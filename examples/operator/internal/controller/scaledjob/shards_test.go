package scaledjob

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// keeper returns one that has all shards unless it is cut off from its Leases.
func keeper(t *testing.T, isCut *atomic.Bool) *shard.Keeper {
	t.Helper()
	leases := fake.NewClientBuilder().WithScheme(scheme.Scheme).Build()
	k := &shard.Keeper{
		Namespace: "keda", Name: "operator", Identity: "operator-0", Shards: 8,
		Duration: 15 * time.Second, Deadline: 10 * time.Second, Period: 2 * time.Second,
		Changed: func() {}, Logger: slog.New(slog.DiscardHandler),
		Client: interceptor.NewClient(leases, interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if isCut.Load() {
					return errors.New("no route to host")
				}
				return c.Patch(ctx, o, p, opts...)
			},
		}),
	}
	require.NoError(t, leases.Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.Namespace, Name: k.Name}, Spec: coordinationv1.LeaseSpec{HolderIdentity: &k.Identity},
	}))
	k.Init()
	return k
}

// Jobs are created by the replica that has the object, which counts what another has
// created meanwhile even if no watch has told of that.
func TestJobsOfAShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, parse(t, orders))
		defer func() { s.kill() }()
		var isCut atomic.Bool
		s.Core.Shards = keeper(t, &isCut)
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go s.Core.Shards.Run(ctx)
		time.Sleep(5 * time.Second)
		s.set("orders", 50, nil)
		s.reconcile(t, 20*time.Second)
		require.Len(t, s.jobs(t), 10)

		isCut.Store(true)
		s.pass(t, 12*time.Second)
		require.False(t, s.Core.Owns(name))
		s.set("orders", 100, nil)
		s.pass(t, time.Minute)
		require.Len(t, s.jobs(t), 10, "what runs still writes nothing")
		s.reconcile(t, 0)
		require.False(t, s.knows(name))
		require.NoError(t, s.client.Create(t.Context(), &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
			Namespace: name.Namespace, Name: "export-of-another", Labels: map[string]string{v1alpha1.LabelScaledJobName: name.Name},
		}}))

		isCut.Store(false)
		time.Sleep(10 * time.Second)
		require.True(t, s.Core.Owns(name))
		s.reconcile(t, 40*time.Second)
		require.Len(t, s.jobs(t), 20)
	})
}
