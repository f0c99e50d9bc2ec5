package operator

import (
	"context"
	"os"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// What the manager takes if nothing else is said.
const (
	defaultLeaseDuration = 15 * time.Second
	defaultRenewDeadline = 10 * time.Second
)

// A lease is the lock by which one of several replicas is elected. It knows
// until when it is this replica's. One that stood still for a while, with its
// machine or for want of CPU, is told only after RenewDeadline that another
// leads by now.
type lease struct {
	resourcelock.Interface
	duration time.Duration

	mu    sync.Mutex
	until time.Time
}

func newLease(cluster *rest.Config, c Config) (*lease, error) {
	l := &lease{duration: defaultLeaseDuration}
	if c.LeaseDuration != nil {
		l.duration = *c.LeaseDuration
	}
	deadline := defaultRenewDeadline
	if c.RenewDeadline != nil {
		deadline = *c.RenewDeadline
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	patient := rest.CopyConfig(cluster)
	patient.Timeout = max(deadline/2, time.Second) // so that one request that hangs does not lose the lease
	leases, err := coordinationv1.NewForConfig(patient)
	if err != nil {
		return nil, err
	}
	l.Interface = &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: c.Namespace, Name: c.LeaderElectionID},
		Client:     leases,
		LockConfig: resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())},
	}
	return l, nil
}

// Create implements resourcelock.Interface.
func (l *lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, func() error { return l.Interface.Create(ctx, record) })
}

// Update implements resourcelock.Interface.
func (l *lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(record, func() error { return l.Interface.Update(ctx, record) })
}

func (l *lease) write(record resourcelock.LeaderElectionRecord, write func() error) error {
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

// held says whether no other replica can have the lease. Of a time when the
// machine slept only one of its clocks may know.
func (l *lease) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	return now.Before(l.until) && now.Round(0).Before(l.until.Round(0))
}
