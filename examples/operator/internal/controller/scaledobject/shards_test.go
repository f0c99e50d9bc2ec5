package scaledobject

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
)

// A sharer is a replica that may be cut off from its Leases.
type sharer struct {
	*replica
	isCut atomic.Bool
}

// share starts two replicas that share the objects, and returns them when that with
// the object has reconciled it, which is the first.
func (s *stage) share() (has, other *sharer) {
	leases := fake.NewClientBuilder().WithScheme(scheme.Scheme).Build()
	elected := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "keda", Name: "operator"}}
	lead := func(identity string) { elected.Spec.HolderIdentity = &identity }
	lead("operator-0")
	require.NoError(s.t, leases.Create(s.t.Context(), elected))
	start := func(identity string) *sharer {
		r := &sharer{}
		cut := func() error {
			if r.isCut.Load() {
				return errors.New("no route to host")
			}
			return nil
		}
		reached := interceptor.NewClient(leases, interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if err := cut(); err != nil {
					return err
				}
				return c.Patch(ctx, o, p, opts...)
			},
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if err := cut(); err != nil {
					return err
				}
				return c.List(ctx, list, opts...)
			},
			Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
				w, err := c.Watch(ctx, list, opts...)
				if err != nil {
					return nil, err
				}
				return watch.Filter(w, func(e watch.Event) (watch.Event, bool) { return e, cut() == nil }), nil
			},
		})
		r.replica = s.startSharing(false, &shard.Keeper{
			Client: reached, Namespace: "keda", Name: "operator", Identity: identity, Shards: 8,
			Duration: 15 * time.Second, Deadline: 10 * time.Second, Period: 2 * time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		return r
	}
	a, b := start("operator-0"), start("operator-1")
	wait(15 * time.Second)
	if b.Core.Owns(name) {
		a, b = b, a
	}
	require.True(s.t, a.Knows(name))
	require.False(s.t, b.Knows(name))
	lead(b.Core.Shards.Identity) // and goes on leading
	require.NoError(s.t, leases.Update(s.t.Context(), elected))
	return a, b
}

func TestAnObjectMovesToAnotherReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		s.level("orders", 100, nil)
		has, other := s.share()
		defer other.kill()
		require.Equal(t, 20, s.replicas())
		require.Equal(t, http.StatusOK, has.ask("s0-fake-orders"))
		require.Equal(t, http.StatusNotFound, other.ask("s0-fake-orders"))
		require.Empty(t, other.Core.Runner.Sources(controller.ScaledObject.Key(name)), "it reads nothing")
		has.look(time.Second)
		require.Contains(t, has.Statuses.kept, name, "it may go, and come back")
		s.level("orders", 0, nil)
		wait(20 * time.Second)
		s.written()

		has.kill()
		wait(10 * time.Second)
		require.True(t, other.Knows(name))
		o, _ := other.objects.Get(name)
		require.False(t, o.New, "it was the other's")
		require.Equal(t, http.StatusOK, other.ask("s0-fake-orders"))
		require.Equal(t, 20, s.replicas(), "the cooldown has begun, and is not over")
		require.Empty(t, s.written(), "a move is no news")
		wait(35 * time.Second)
		require.Equal(t, 0, s.replicas(), "the cooldown that had begun goes on")
	})
}

func TestAReplicaThatIsCutOffLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		has, other := s.share()
		defer other.kill()
		defer has.kill()
		told := len(s.events())
		has.isCut.Store(true)
		wait(12 * time.Second)
		require.False(t, has.Knows(name), "before anybody takes it")
		require.False(t, other.Knows(name))
		require.Equal(t, http.StatusNotFound, has.ask("s0-fake-orders"))
		require.Len(t, s.events(), told, "the object is not gone")
		s.level("orders", 100, nil)
		s.written()
		wait(20 * time.Second)
		require.True(t, other.Knows(name))
		require.Equal(t, 20, s.replicas())

		has.isCut.Store(false)
		wait(30 * time.Second)
		require.NotEqual(t, has.Knows(name), other.Knows(name))
		require.Equal(t, 20, s.replicas())
	})
}

// A slowReader takes a while to read an object.
type slowReader struct {
	client.Reader
	wait time.Duration
}

func (r slowReader) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	err := r.Reader.Get(ctx, key, o, opts...)
	time.Sleep(r.wait)
	return err
}

// When the shard goes it is not known yet that the object has come.
func TestAnObjectThatLeavesWhileItIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, deployment(0), fresh(t, orders))
		has, other := s.share()
		defer other.kill()
		defer has.kill()
		other.Core.Live = slowReader{s.client, 30 * time.Second}
		has.isCut.Store(true)
		wait(22 * time.Second)
		require.True(t, other.Core.Owns(name))
		other.isCut.Store(true)
		wait(15 * time.Second)
		require.False(t, other.Core.Owns(name))
		wait(30 * time.Second)
		require.False(t, other.Knows(name))
		require.Empty(t, other.Core.Runner.Sources(controller.ScaledObject.Key(name)), "it reads nothing")
	})
}

// An apiServer counts what is read of it. Its versions are other ones than those of the
// cache if that lags behind.
type apiServer struct {
	client.Reader
	lag        bool
	read, list atomic.Int32
}

func (a *apiServer) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	a.read.Add(1)
	return a.Reader.Get(ctx, key, o, opts...)
}

func (a *apiServer) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	err := a.Reader.List(ctx, list, opts...)
	if page, ok := list.(*metav1.PartialObjectMetadataList); ok {
		a.list.Add(1)
		for i := range page.Items {
			if a.lag {
				page.Items[i].ResourceVersion += "1"
			}
		}
	}
	return err
}

// Objects that move are listed by their versions at once, and read one by one only if
// the cache does not have these.
func TestWhatMovesIsReadOnlyIfTheCacheLags(t *testing.T) {
	for _, lag := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, deployment(0), fresh(t, orders))
			has, other := s.share()
			defer other.kill()
			api := &apiServer{Reader: s.client, lag: lag}
			other.Core.Live = api
			has.kill()
			wait(10 * time.Second)
			require.True(t, other.Knows(name))
			require.Equal(t, int32(1), api.list.Load())
			require.Equal(t, lag, api.read.Load() > 0)
		})
	}
}
