package shard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// ErrNotHeld is why nothing is written for an object.
var ErrNotHeld = errors.New("the object's shard is not with this replica any more")

// A holding is the shards that are with this replica, for as long as its Lease is
// known to be good.
type holding struct {
	mu          sync.Mutex
	until       time.Time   // nobody takes anything before that
	lapse       *time.Timer // at that time
	terms       []*Term     // by shard; nil: it is not with this replica
	connections map[*connection]struct{}
	lost        func() // is told when everything was lost
}

// A Term is a time during which a shard is with this replica.
type Term struct {
	holding *holding
	began   time.Time
	ctx     context.Context // ends with the term, or when everything is lost
	end     context.CancelFunc

	// Under the holding's mutex.
	leaving bool // nothing more is begun
	writing int  // requests under way
	ended   bool
	idle    chan struct{} // closed when it is leaving and nothing is under way
}

// Began is when the shard came to this replica.
func (t *Term) Began() time.Time { return t.began }

// Holds says whether the shard is still with this replica.
func (t *Term) Holds() bool {
	t.holding.mu.Lock()
	defer t.holding.mu.Unlock()
	return t.holds()
}

func (t *Term) holds() bool { return !t.ended && !t.leaving && IsBefore(time.Now(), t.holding.until) }

// IsBefore compares by both clocks: of a time when the machine slept only one of
// them may know.
func IsBefore(now, until time.Time) bool {
	return now.Before(until) && now.Round(0).Before(until.Round(0))
}

// enter says whether something may be written. If so, leave has to be called when
// the API server has answered.
func (t *Term) enter() (leave func(), ok bool) {
	h := t.holding
	h.mu.Lock()
	defer h.mu.Unlock()
	if !t.holds() {
		return nil, false
	}
	t.writing++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		t.writing--
		t.rest()
	}, true
}

// rest ends a term that is to end once nothing is under way. The caller holds the
// mutex.
func (t *Term) rest() {
	if t.leaving && t.writing == 0 && !t.ended {
		t.ended = true
		close(t.idle)
	}
}

// vacate has nothing more begun for a shard. The channel is closed when nothing is
// under way any more.
func (h *holding) vacate(shard int) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.terms[shard]
	if t == nil { // all was lost meanwhile
		done := make(chan struct{})
		close(done)
		return done
	}
	t.leaving = true
	t.rest()
	return t.idle
}

// renewed takes note that the Lease was renewed by a request that was made at a
// time, and is good for a while since. What was lost by now is lost.
func (h *holding) renewed(sent time.Time, good time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !IsBefore(time.Now(), h.until) {
		h.lose()
	}
	h.until = sent.Add(good)
	if h.lapse == nil {
		h.lapse = time.AfterFunc(time.Until(h.until), h.lapsed)
	} else {
		h.lapse.Reset(time.Until(h.until))
	}
}

// lapsed is called when the Lease may not be good any more.
func (h *holding) lapsed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !IsBefore(time.Now(), h.until) {
		h.lose()
	}
}

// stop ends everything.
func (h *holding) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lose()
	if h.lapse != nil {
		h.lapse.Stop()
	}
}

// isAlive says whether the Lease is good.
func (h *holding) isAlive() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return IsBefore(time.Now(), h.until)
}

// lose ends all terms, and what is under way with it. The caller holds the mutex.
func (h *holding) lose() {
	if !h.holdsAny() {
		return
	}
	for s, t := range h.terms {
		if t != nil {
			t.finish()
			h.terms[s] = nil
		}
	}
	for c := range h.connections {
		c.cut()
	}
	clear(h.connections)
	go h.lost()
}

// holdsAny says whether there is a term. The caller holds the mutex.
func (h *holding) holdsAny() bool {
	return slices.ContainsFunc(h.terms, func(t *Term) bool { return t != nil })
}

// finish ends a term. The caller holds the mutex.
func (t *Term) finish() {
	t.end()
	if !t.ended {
		t.ended = true
		close(t.idle)
	}
}

// take notes that a shard is with this replica from now on, if its Lease is still
// good.
func (h *holding) take(shard int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if !IsBefore(now, h.until) || h.terms[shard] != nil {
		return false
	}
	t := &Term{holding: h, began: now, idle: make(chan struct{})}
	t.ctx, t.end = context.WithCancel(context.Background())
	h.terms[shard] = t
	return true
}

// drop notes that a shard is with this replica no more.
func (h *holding) drop(shard int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.terms[shard]; t != nil {
		t.finish()
		h.terms[shard] = nil
	}
}

// has says whether there is a term of a shard, and whether that is to end.
func (h *holding) has(shard int) (has, leaving bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.terms[shard]
	return t != nil, t != nil && t.leaving
}

// Term returns the current term of the shard that an object is in, nil if that is
// not with this replica.
func (k *Keeper) Term(object types.NamespacedName) *Term {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.terms[Of(object.Namespace, object.Name, k.Shards)]; t != nil && t.holds() {
		return t
	}
	return nil
}

type termKey struct{}

// Guard returns a context for what is written for the shard's objects: requests of
// a client with a guarded configuration are not made after the term.
func (t *Term) Guard(ctx context.Context) context.Context {
	return context.WithValue(ctx, termKey{}, t)
}
