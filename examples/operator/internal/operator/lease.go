package operator

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/ptr"

	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
)

// What the manager takes if nothing else is said.
const (
	defaultLeaseDuration = 15 * time.Second
	defaultRenewDeadline = 10 * time.Second
	defaultRetryPeriod   = 2 * time.Second
)

// A lease is the lock by which one of several replicas is elected. It knows
// until when it is this replica's. One that stood still for a while, with its
// machine or for want of CPU, is told only after RenewDeadline that another
// leads by now.
type lease struct {
	resourcelock.Interface
	duration, deadline time.Duration

	// vacant, if set, says why nobody may lead now who does not yet.
	vacant func(context.Context) error

	mu    sync.Mutex
	until time.Time
}

func newLease(cluster *rest.Config, c Config) (*lease, error) {
	l := &lease{duration: ptr.Deref(c.LeaseDuration, defaultLeaseDuration), deadline: ptr.Deref(c.RenewDeadline, defaultRenewDeadline)}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	patient := rest.CopyConfig(cluster)
	patient.Timeout = max(l.deadline/2, time.Second) // so that one request that hangs does not lose the lease
	leases, err := coordinationv1.NewForConfig(patient)
	if err != nil {
		return nil, err
	}
	l.Interface = &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: c.Namespace, Name: c.LeaderElectionID},
		Client:     leases,
		LockConfig: resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())},
	}
	if c.Shards <= 1 {
		l.vacant = func(ctx context.Context) error { return noShards(ctx, leases.Leases(c.Namespace), c.LeaderElectionID) }
	}
	return l, nil
}

// noShards says who shares the objects with others, and so may write for some of
// them.
func noShards(ctx context.Context, leases coordinationv1.LeaseInterface, name string) error {
	list, err := leases.List(ctx, metav1.ListOptions{LabelSelector: shard.Label})
	if apierrors.IsForbidden(err) {
		return nil // nobody has shards who could not list them
	}
	if err != nil {
		return err
	}
	if who := shard.AtWork(list.Items, name, time.Now()); who != "" {
		return fmt.Errorf("replica %s runs with --shards, and this one without", who)
	}
	return nil
}

// Create implements resourcelock.Interface.
func (l *lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, func() error { return l.Interface.Create(ctx, record) })
}

// Update implements resourcelock.Interface.
func (l *lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, func() error { return l.Interface.Update(ctx, record) })
}

func (l *lease) write(ctx context.Context, record resourcelock.LeaderElectionRecord, write func() error) error {
	if l.vacant != nil && record.HolderIdentity == l.Identity() && !l.held() {
		if err := l.vacant(ctx); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := write(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = began.Add(l.duration)
	if record.HolderIdentity != l.Identity() {
		l.until = time.Time{} // it is given back
	}
	return nil
}

// held says whether no other replica can have the lease.
func (l *lease) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return shard.IsBefore(time.Now(), l.until)
}
