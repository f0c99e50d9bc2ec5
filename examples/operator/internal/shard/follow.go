package shard

import (
	"context"
	"maps"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// follow is told of Leases by the API server, so that a renewal is seen when it is made
// and a shard when it comes free. Without it both are seen at the next look.
func (k *Keeper) follow(ctx context.Context) {
	failing := false
	for {
		err := k.watch(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			k.Logger.WarnContext(ctx, "cannot watch Leases: they are looked at instead", "error", err)
		}
		failing = err != nil
		if !sleep(ctx, k.Period, nil) {
			return
		}
	}
}

func (k *Keeper) watch(ctx context.Context) error {
	leases, err := k.Client.Watch(ctx, &coordinationv1.LeaseList{}, client.InNamespace(k.Namespace), client.HasLabels{Label})
	if err != nil {
		return err
	}
	defer leases.Stop()
	defer context.AfterFunc(ctx, leases.Stop)()
	for event := range leases.ResultChan() {
		if event.Type == watch.Error {
			return apierrors.FromObject(event.Object)
		}
		if lease, ok := event.Object.(*coordinationv1.Lease); ok {
			k.told(event.Type, lease, time.Now())
		}
	}
	return nil
}

// told takes note of a change. It has all Leases looked at if that is more than a
// renewal, and not this replica's own doing.
func (k *Keeper) told(change watch.EventType, lease *coordinationv1.Lease, now time.Time) {
	news := holderOf(lease) != k.Identity
	if isReplica(lease, k.Name) {
		k.seenMu.Lock()
		last, known := k.seen[lease.Name]
		if change != watch.Deleted && last.version != lease.ResourceVersion {
			k.seen[lease.Name] = seen{lease.ResourceVersion, now}
		}
		k.seenMu.Unlock()
		news = news && (change == watch.Deleted || !known)
	}
	if news {
		select {
		case k.news <- struct{}{}:
		default: // it is going to be looked at
		}
	}
}

// saw returns what was seen of the replicas' Leases that there are: a version that is
// news by an answer was there by then.
func (k *Keeper) saw(leases []coordinationv1.Lease, answered time.Time) map[string]seen {
	k.seenMu.Lock()
	defer k.seenMu.Unlock()
	now := make(map[string]seen)
	for i := range leases {
		lease := &leases[i]
		if !isReplica(lease, k.Name) {
			continue
		}
		last, ok := k.seen[lease.Name]
		if !ok || last.version != lease.ResourceVersion {
			last = seen{lease.ResourceVersion, answered}
		}
		now[lease.Name] = last
	}
	k.seen = maps.Clone(now)
	return now
}
