package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
)

// Everywhere is for what runs in every replica, once the caches are filled.
type Everywhere func(context.Context) error

// Start implements manager.Runnable.
func (e Everywhere) Start(ctx context.Context) error { return e(ctx) }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (e Everywhere) NeedLeaderElection() bool { return false }

// Leads says whether this replica is the leader.
func (c *Core) Leads() bool {
	select {
	case <-c.Elected:
		return c.Holds == nil || c.Holds()
	default:
		return false
	}
}

// Owns says whether this replica may write for an object: the leader, or the one
// that has the object's shard.
func (c *Core) Owns(object types.NamespacedName) bool {
	if c.Shards == nil {
		return c.Leads()
	}
	return c.Shards.Term(object) != nil
}

// Reads says whether this replica reads the sources of an object: without shards
// each does.
func (c *Core) Reads(object types.NamespacedName) bool { return c.Shards == nil || c.Owns(object) }

// term returns what an object's shard is with this replica by; nil without shards.
func (c *Core) term(object types.NamespacedName) *shard.Term {
	if c.Shards == nil {
		return nil
	}
	return c.Shards.Term(object)
}

// Reports says whether this replica tells of what becomes of an object of a kind,
// and returns the context in which it does.
func (c *Core) Reports(ctx context.Context, kind string, object types.NamespacedName) (context.Context, bool) {
	if c.Shards == nil || kind != string(ScaledObject) && kind != string(ScaledJob) {
		return ctx, c.Leads()
	}
	t := c.term(object)
	if t == nil {
		return ctx, false
	}
	return t.Guard(ctx), true
}

// Owns says whether this replica may write for the object as it knows it. What was
// known before another had it is of no use.
func (o *Object[S]) Owns() bool {
	if o.Core.Shards == nil {
		return o.Core.Leads()
	}
	return o.term != nil && o.term.Holds()
}

// Guard returns a context for requests that write for the object: they are not made
// once this replica does not own it any more.
func (o *Object[S]) Guard(ctx context.Context) context.Context {
	if o.term == nil {
		return ctx
	}
	return o.term.Guard(ctx)
}

func (o *Object[S]) isCurrent() bool { return o.Core.Shards == nil || o.Owns() }

// drop is for an object that is another replica's.
func (o *Object[S]) drop() {
	o.Lock().Common().Gone = true
	o.Unlock()
}

// Drop forgets an object that is another replica's.
func (s *Objects[O]) Drop(ctx context.Context, name types.NamespacedName) {
	if o, ok := s.remove(ctx, name); ok {
		o.drop()
	}
}

// Settle has an object reconciled again that has left this replica while it was
// reconciled: when Reassign looked, it may not have been known yet.
func (s *Objects[O]) Settle(name types.NamespacedName, o O) {
	if !o.isCurrent() {
		s.Requests.Add(name)
	}
}

// Reassign has the objects reconciled that have come to this replica, or have left
// it.
func (s *Objects[O]) Reassign(ctx context.Context) error {
	all := 0
	var came, others []types.NamespacedName
	err := s.each(ctx, func(name types.NamespacedName) {
		all++
		o, known := s.Get(name)
		switch reads := s.Core.Reads(name); {
		case reads && !known:
			came = append(came, name)
		case known && (!reads || !o.isCurrent()):
			others = append(others, name)
		}
	})
	s.Requests.Add(others...)
	if err == nil && s.Kind == ScaledObject && len(came) > all/listedFor {
		err = s.listArrivals(ctx, came)
	}
	s.Requests.Add(came...)
	return err
}
