package shard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

const (
	shards   = 6
	duration = 15 * time.Second
	deadline = 10 * time.Second
	period   = 2 * time.Second

	// handover is how long it takes at most until a shard of a replica that is gone is
	// with another, who has been told of the last renewal by a watch.
	handover = duration + period/looksPerPeriod

	// blindHandover is the same of one who has looked right before that renewal, and
	// looks right before the Lease ends.
	blindHandover = duration + 2*period
)

var errCut = errors.New("no route to host")

// A fleet is replicas that share an API server.
type fleet struct {
	t        *testing.T
	api      client.WithWatch
	replicas []*member
	blind    bool // the API server lets nobody watch

	mu      sync.Mutex
	writers [shards]string // who writes now
}

// A member is a replica.
type member struct {
	*Keeper
	fleet *fleet
	end   context.CancelFunc
	done  chan struct{}

	killed bool

	mu   sync.Mutex
	cut  bool          // it does not reach the API server
	slow time.Duration // how long a request takes
}

func newFleet(t *testing.T) *fleet {
	f := &fleet{t: t, api: fake.NewClientBuilder().WithScheme(scheme.Scheme).Build()}
	t.Cleanup(func() {
		for _, m := range f.replicas {
			m.terminate()
		}
	})
	return f
}

// start starts a replica with a number of shards.
func (f *fleet) start(of int) *member {
	m := &member{fleet: f, done: make(chan struct{})}
	name := fmt.Sprint("operator-", len(f.replicas))
	m.Keeper = &Keeper{
		Namespace: "keda", Name: "operator", Identity: name, Address: name + ":6444", Shards: of,
		Duration: duration, Deadline: deadline, Period: period,
		Changed: func() {}, Logger: slog.New(slog.DiscardHandler),
	}
	m.Client = interceptor.NewClient(f.api, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return m.ask(ctx, func() error { return c.Get(ctx, key, o, opts...) })
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return m.ask(ctx, func() error { return c.List(ctx, list, opts...) })
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return m.ask(ctx, func() error { return c.Create(ctx, o, opts...) })
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return m.ask(ctx, func() error { return c.Update(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return m.ask(ctx, func() error { return c.Patch(ctx, o, p, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return m.ask(ctx, func() error { return c.Delete(ctx, o, opts...) })
		},
		Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
			if f.blind {
				return nil, apierrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "", nil)
			}
			w, err := c.Watch(ctx, list, opts...)
			if err != nil {
				return nil, err
			}
			return watch.Filter(w, func(e watch.Event) (watch.Event, bool) { return e, !m.isCut() }), nil
		},
	})
	m.Init()
	var ctx context.Context
	ctx, m.end = context.WithCancel(f.t.Context())
	go func() {
		defer close(m.done)
		m.Run(ctx)
	}()
	f.replicas = append(f.replicas, m)
	return m
}

// startTwo starts two replicas, of which the first leads, and returns the second when
// each has its part.
func (f *fleet) startTwo() *member {
	f.lead(f.start(shards))
	b := f.start(shards)
	time.Sleep(3 * period)
	require.Equal(f.t, []int{3, 3}, f.held())
	return b
}

// ask plays the network: half of the time goes by before the API server has the
// request.
func (m *member) ask(ctx context.Context, request func() error) error {
	way := func() error {
		m.mu.Lock()
		cut, slow := m.cut, m.slow
		m.mu.Unlock()
		if cut {
			slow = time.Hour
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(slow / 2):
		}
		if cut {
			return errCut
		}
		return nil
	}
	if err := way(); err != nil {
		return err
	}
	return errors.Join(request(), way())
}

func (m *member) isCut() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cut
}

func (m *member) network(cut bool, slow time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut, m.slow = cut, slow
}

// terminate ends the replica as it should end.
func (m *member) terminate() {
	m.end()
	<-m.done
}

// kill ends the replica as far as anybody can tell.
func (m *member) kill() {
	m.network(true, 0)
	m.killed = true
}

// lead has a replica lead, as an election does.
func (f *fleet) lead(m *member) {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "keda", Name: "operator"}}
	_ = f.api.Delete(f.t.Context(), lease) // there may be none
	lease.ResourceVersion = ""
	lease.Spec.HolderIdentity = &m.Identity
	require.NoError(f.t, f.api.Create(f.t.Context(), lease))
}

// held returns how many shards each replica has.
func (f *fleet) held() (list []int) {
	for _, m := range f.replicas {
		n := 0
		for s := range m.Shards {
			if !m.killed && m.Term(objectIn(s, m.Shards)) != nil {
				n++
			}
		}
		list = append(list, n)
	}
	return list
}

// leases returns the names of the Leases that there are.
func (f *fleet) leases() (names []string) {
	var list coordinationv1.LeaseList
	require.NoError(f.t, f.api.List(f.t.Context(), &list))
	for _, lease := range list.Items {
		names = append(names, lease.Name)
	}
	slices.Sort(names)
	return names
}

// objectIn returns the name of an object in a shard.
func objectIn(shard, of int) types.NamespacedName {
	for i := 0; ; i++ {
		if name := fmt.Sprint("worker-", i); Of("shop", name, of) == shard {
			return types.NamespacedName{Namespace: "shop", Name: name}
		}
	}
}
