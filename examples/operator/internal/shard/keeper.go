package shard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/internal/each"
)

// atATime bounds the shards that are taken or given away at once.
const atATime = 8

// looksPerPeriod is how often Leases are looked at in a Period at most, whatever changes.
const looksPerPeriod = 10

// A Keeper takes the shards that are to be with this replica, and gives those away
// that are not. Its fields are set before anything else, and do not change.
type Keeper struct {
	// Client asks the API server for Leases, not a cache, and over connections of
	// its own: see [Keeper.Guard].
	Client client.WithWatch

	// Namespace is where the Leases are. Their names begin with Name, which is
	// that of the leader's.
	Namespace, Name string

	// Identity names this replica, also in the Lease of the leader.
	Identity string

	// Address is where the others reach it. It may be empty.
	Address string

	// Shards is how many there are.
	Shards int

	// Duration is how long a replica that does not renew its Lease is taken to be
	// alive, and Deadline how long it takes itself to be. Period is the time from
	// one renewal to the next.
	Duration, Deadline, Period time.Duration

	// Changed is called when shards have come or gone. It returns at once, and may
	// be called concurrently.
	Changed func()

	Logger *slog.Logger

	holding
	news chan struct{} // has an element when Leases have to be looked at

	seenMu sync.Mutex
	seen   map[string]seen // replicas' Leases by name

	viewMu sync.Mutex
	owners []string // addresses by shard
	hold   string   // why nothing is taken
}

// Init makes the Keeper ready to use.
func (k *Keeper) Init() {
	k.terms = make([]*Term, k.Shards)
	k.owners = make([]string, k.Shards)
	k.seen = make(map[string]seen)
	k.news = make(chan struct{}, 1)
	k.lost = func() {
		k.Logger.Warn("lost all shards: the replica's Lease was not renewed in time")
		k.Changed()
	}
}

// Owner returns the address of the replica with which the shard of an object was
// when that was looked up last, which is every Period at least. It is empty if the shard is
// with nobody who is alive, or with this replica.
func (k *Keeper) Owner(object types.NamespacedName) string {
	k.viewMu.Lock()
	defer k.viewMu.Unlock()
	return k.owners[Of(object.Namespace, object.Name, k.Shards)]
}

// Run takes and gives away shards until ctx ends, and gives away all that there
// are then.
func (k *Keeper) Run(ctx context.Context) {
	renewing, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	first := make(chan struct{})
	var renewals sync.WaitGroup
	renewals.Go(func() { k.renewals(renewing, first) })
	select {
	case <-first: // who takes shards has said before that it is there
		var following sync.WaitGroup
		following.Go(func() { k.follow(ctx) })
		k.arrangements(ctx)
		following.Wait()
	case <-ctx.Done():
	}
	k.leaveAll(renewing)
	end()
	renewals.Wait()
	k.stop()
	k.resign(context.WithoutCancel(ctx))
}

// renewals renews the replica's Lease.
func (k *Keeper) renewals(ctx context.Context, first chan struct{}) {
	failing := false
	for {
		sent := time.Now()
		err := k.renew(ctx)
		switch {
		case err == nil:
			k.renewed(sent, k.Deadline)
			if first != nil {
				close(first)
				first = nil
			}
		case ctx.Err() == nil && !failing:
			k.Logger.WarnContext(ctx, "cannot renew the replica's Lease", "error", err)
		}
		failing = err != nil
		if !sleep(ctx, k.Period, nil) {
			return
		}
	}
}

func (k *Keeper) arrangements(ctx context.Context) {
	failing := false
	for {
		next, err := k.arrange(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			k.Logger.WarnContext(ctx, "cannot take or give away shards", "error", err)
		}
		failing = err != nil
		if !sleep(ctx, k.Period/looksPerPeriod, nil) || !sleep(ctx, next-k.Period/looksPerPeriod, k.news) {
			return
		}
	}
}

// arrange has one look at who has what, and does what follows from that. The next look
// is due after next at the latest.
func (k *Keeper) arrange(ctx context.Context) (next time.Duration, err error) {
	v, err := k.look(ctx)
	if err != nil {
		return k.Period, err
	}
	k.show(v)
	wanted := Assign(v.alive(), v.holders())
	var taken, left []int
	for s := range k.Shards {
		mine, holder := wanted[s] == k.Identity, v.holder(s)
		switch has, leaving := k.has(s); {
		case has && (leaving || holder != k.Identity || !mine && v.hold == ""):
			left = append(left, s)
		case !has && v.hold == "" && (holder == k.Identity || mine && v.isFree(s)):
			taken = append(taken, s)
		}
	}
	err = errors.Join(k.takeOver(ctx, v, taken, wanted), k.leave(ctx, v, left), k.sweep(ctx, v))
	return min(k.Period, v.untilEnd()), err
}

// takeOver takes shards. One that was this replica's before it lost everything is
// taken again, or given away if it is to be another's.
func (k *Keeper) takeOver(ctx context.Context, v *view, shards []int, wanted []string) error {
	errs := make([]error, len(shards))
	each.Do(len(shards), atATime, func(i int) {
		s := shards[i]
		if wanted[s] != k.Identity {
			errs[i] = k.write(ctx, v, s, "")
		} else if errs[i] = k.write(ctx, v, s, k.Identity); errs[i] == nil {
			k.take(s)
		}
	})
	if len(shards) > 0 {
		k.Changed()
	}
	return errors.Join(errs...)
}

// leave gives shards away, once nothing is under way for their objects.
func (k *Keeper) leave(ctx context.Context, v *view, shards []int) error {
	if len(shards) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, k.Deadline)
	defer cancel()
	idle := make([]<-chan struct{}, len(shards))
	for i, s := range shards {
		idle[i] = k.vacate(s)
	}
	k.Changed()
	errs := make([]error, len(shards))
	each.Do(len(shards), atATime, func(i int) {
		select {
		case <-idle[i]:
		case <-ctx.Done():
			errs[i] = ctx.Err()
			return
		}
		if v.holder(shards[i]) == k.Identity {
			errs[i] = k.write(ctx, v, shards[i], "")
		}
		if errs[i] == nil {
			k.drop(shards[i])
		}
	})
	return errors.Join(errs...)
}

// leaveAll gives all shards away.
func (k *Keeper) leaveAll(ctx context.Context) {
	v, err := k.look(ctx)
	if err == nil {
		var all []int
		for s := range k.Shards {
			if has, _ := k.has(s); has {
				all = append(all, s)
			}
		}
		err = k.leave(ctx, v, all)
	}
	if err != nil {
		k.Logger.WarnContext(ctx, "cannot give the shards away: others take them when the replica's Lease ends", "error", err)
	}
}

// show keeps what others ask for.
func (k *Keeper) show(v *view) {
	k.viewMu.Lock()
	defer k.viewMu.Unlock()
	for s := range k.owners {
		k.owners[s] = v.address(s)
	}
	if v.hold != k.hold && v.hold != "" {
		k.Logger.Warn("no shards are taken: " + v.hold)
	}
	k.hold = v.hold
}

// sleep waits, until there is news at the latest, and reports whether ctx has not ended by
// then.
func sleep(ctx context.Context, d time.Duration, news <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
