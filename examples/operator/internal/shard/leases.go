package shard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Label is the label of all Leases that have to do with shards.
const Label = "scalerkit.dev/lease" // replica or shard

// What Leases say besides what all Leases do.
const (
	annotationShards  = "scalerkit.dev/shards"
	annotationAddress = "scalerkit.dev/address"

	ofReplica = "replica"
	ofShard   = "shard"
)

// replicaLease is the name of the Lease of a replica.
func replicaLease(name, identity string) string {
	return fmt.Sprintf("%s-replica-%016x", name, hash(identity))
}

func (k *Keeper) shardLease(shard int) string {
	return fmt.Sprintf("%s-shard-%d-of-%d", k.Name, shard, k.Shards)
}

// AtWork returns a replica that goes by shards and may be at work, if one of the
// Leases is that of one. It goes by the clocks on both walls.
func AtWork(leases []coordinationv1.Lease, name string, now time.Time) string {
	for i := range leases {
		lease := &leases[i]
		renewed, seconds := lease.Spec.RenewTime, lease.Spec.LeaseDurationSeconds
		if !isReplica(lease, name) || renewed == nil || seconds == nil {
			continue
		}
		if now.Before(renewed.Add(time.Duration(*seconds) * time.Second)) {
			return holderOf(lease)
		}
	}
	return ""
}

func isReplica(lease *coordinationv1.Lease, name string) bool {
	return strings.HasPrefix(lease.Name, name+"-replica-")
}

// patience bounds a request, so that one that hangs does not lose everything.
func (k *Keeper) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, max(k.Deadline/2, time.Second))
}

// renew renews the replica's Lease, or makes it.
func (k *Keeper) renew(ctx context.Context) error {
	ctx, cancel := k.patience(ctx)
	defer cancel()
	now := metav1.NowMicro()
	lease := k.lease(replicaLease(k.Name, k.Identity), ofReplica)
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"renewTime": now}})
	if err != nil {
		return err
	}
	err = k.Client.Patch(ctx, lease, client.RawPatch(types.MergePatchType, patch))
	if !apierrors.IsNotFound(err) {
		return err
	}
	lease = k.lease(lease.Name, ofReplica)
	lease.Annotations[annotationAddress] = k.Address
	lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &k.Identity, AcquireTime: &now, RenewTime: &now, LeaseDurationSeconds: k.seconds()}
	return k.Client.Create(ctx, lease)
}

// seconds is at least one, as the API server wants it.
func (k *Keeper) seconds() *int32 {
	return ptr.To(int32(max(1, (k.Duration+time.Second-1)/time.Second)))
}

// resign deletes the replica's Lease.
func (k *Keeper) resign(ctx context.Context) {
	ctx, cancel := k.patience(ctx)
	defer cancel()
	err := k.Client.Delete(ctx, k.lease(replicaLease(k.Name, k.Identity), ofReplica))
	if client.IgnoreNotFound(err) != nil {
		k.Logger.WarnContext(ctx, "cannot delete the replica's Lease", "error", err)
	}
}

func (k *Keeper) lease(name, of string) *coordinationv1.Lease {
	return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Namespace: k.Namespace, Name: name,
		Labels:      map[string]string{Label: of},
		Annotations: map[string]string{annotationShards: strconv.Itoa(k.Shards)},
	}}
}

// write makes a shard the holder's, unless somebody else has changed its Lease
// since it was looked at. Without a holder it is free.
func (k *Keeper) write(ctx context.Context, v *view, shard int, holder string) error {
	ctx, cancel := k.patience(ctx)
	defer cancel()
	lease := v.shards[shard]
	found := lease != nil
	if !found {
		lease = k.lease(k.shardLease(shard), ofShard)
	}
	now := metav1.NowMicro()
	changes := ptr.Deref(lease.Spec.LeaseTransitions, -1) + 1
	lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &holder, AcquireTime: &now, RenewTime: &now, LeaseDurationSeconds: k.seconds(), LeaseTransitions: &changes}
	if found {
		return k.Client.Update(ctx, lease)
	}
	return k.Client.Create(ctx, lease)
}

// seen is when a version of a Lease was there for certain.
type seen struct {
	version string
	at      time.Time
}

// A view is what there was at a time.
type view struct {
	keeper   *Keeper
	asked    time.Time
	replicas map[string]*replica // by identity
	shards   []*coordinationv1.Lease
	others   []*coordinationv1.Lease // of shards of another number
	hold     string                  // why nothing may be taken or given away; empty if it may
}

// A replica is what its Lease says.
type replica struct {
	lease *coordinationv1.Lease
	seen  time.Time // when it had been renewed for certain
}

// look asks the API server what there is.
func (k *Keeper) look(ctx context.Context) (*view, error) {
	ctx, cancel := k.patience(ctx)
	defer cancel()
	asked := time.Now() // what is known is not older, nor newer than the answer
	var leader coordinationv1.Lease
	err := k.Client.Get(ctx, types.NamespacedName{Namespace: k.Namespace, Name: k.Name}, &leader)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read the leader's Lease: %w", err)
	}
	var list coordinationv1.LeaseList
	if err := k.Client.List(ctx, &list, client.InNamespace(k.Namespace), client.HasLabels{Label}); err != nil {
		return nil, fmt.Errorf("list Leases: %w", err)
	}
	answered := time.Now()
	v := &view{keeper: k, asked: asked, replicas: make(map[string]*replica), shards: make([]*coordinationv1.Lease, k.Shards)}
	byName := make(map[string]*coordinationv1.Lease)
	seen := k.saw(list.Items, answered)
	for i := range list.Items {
		lease := &list.Items[i]
		switch name := lease.Name; {
		case isReplica(lease, k.Name):
			v.replicas[holderOf(lease)] = &replica{lease: lease, seen: seen[name].at}
		case strings.HasPrefix(name, k.Name+"-shard-"):
			byName[name] = lease
		}
	}
	for s := range v.shards {
		name := k.shardLease(s)
		v.shards[s] = byName[name]
		delete(byName, name)
	}
	for _, lease := range byName {
		v.others = append(v.others, lease)
	}
	v.hold = v.mixed(holderOf(&leader))
	return v, nil
}

func holderOf(lease *coordinationv1.Lease) string {
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// mixed says what speaks against taking anything: somebody may be at work who does
// not go by these shards.
func (v *view) mixed(leader string) string {
	for identity, r := range v.replicas {
		shards := r.lease.Annotations[annotationShards]
		if v.isAlive(identity) && shards != strconv.Itoa(v.keeper.Shards) {
			return fmt.Sprintf("replica %s has --shards=%s, and this one --shards=%d", identity, shards, v.keeper.Shards)
		}
	}
	if leader == "" {
		return "no replica leads yet"
	}
	if !v.isAlive(leader) {
		return fmt.Sprintf("the replica %s leads, which has no shards or is gone", leader)
	}
	return ""
}

// isAlive says whether a replica may be at work.
func (v *view) isAlive(identity string) bool {
	r := v.replicas[identity]
	return r != nil && v.idle(r) < v.keeper.Duration
}

// idle returns how long a replica has not renewed its Lease, as far as was seen here.
func (v *view) idle(r *replica) time.Duration { return v.asked.Sub(r.seen) }

// untilEnd returns how long it is until the Lease of a replica that is alive ends, if
// that is not renewed.
func (v *view) untilEnd() time.Duration {
	first := v.keeper.Duration
	for identity, r := range v.replicas {
		if v.isAlive(identity) {
			first = min(first, time.Until(r.seen.Add(v.keeper.Duration)))
		}
	}
	return first
}

// alive returns who is alive, and this replica as long as it knows that it is.
func (v *view) alive() (list []string) {
	for identity := range v.replicas {
		if identity == v.keeper.Identity && !v.keeper.isAlive() {
			continue
		}
		if v.isAlive(identity) {
			list = append(list, identity)
		}
	}
	return list
}

// holder returns with whom a shard is, alive or not.
func (v *view) holder(shard int) string {
	if lease := v.shards[shard]; lease != nil {
		return holderOf(lease)
	}
	return ""
}

// holders returns with whom each shard is.
func (v *view) holders() []string {
	list := make([]string, v.keeper.Shards)
	for s := range list {
		list[s] = v.holder(s)
	}
	return list
}

// isFree says whether a shard is with nobody who is alive.
func (v *view) isFree(shard int) bool { return !v.isAlive(v.holder(shard)) }

// address returns where a shard is, if that is with somebody else.
func (v *view) address(shard int) string {
	holder := v.holder(shard)
	if holder == v.keeper.Identity || !v.isAlive(holder) {
		return ""
	}
	return v.replicas[holder].lease.Annotations[annotationAddress]
}

// forgetAfter is for how many times its duration the Lease of a replica is kept
// that is gone.
const forgetAfter = 10

// sweep deletes Leases that nobody needs any more.
func (k *Keeper) sweep(ctx context.Context, v *view) error {
	if v.hold != "" {
		return nil
	}
	unneeded := v.others
	for _, r := range v.replicas {
		if v.idle(r) > forgetAfter*k.Duration {
			unneeded = append(unneeded, r.lease)
		}
	}
	var errs []error
	for _, lease := range unneeded {
		version := lease.ResourceVersion
		err := k.Client.Delete(ctx, lease, client.Preconditions{ResourceVersion: &version})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) { // others sweep, too
			errs = append(errs, fmt.Errorf("delete Lease %s: %w", lease.Name, err))
		}
	}
	return errors.Join(errs...)
}
