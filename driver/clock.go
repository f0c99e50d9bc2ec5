package driver

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A clock wakes those who sleep until a certain time, all by one timer, which
// runs while there are any.
type clock struct {
	now func() time.Time

	mu       sync.Mutex
	sleepers sleepers
	timer    *time.Timer // nil as long as nobody has slept
}

// maxNap is how long the timer runs at most. It does not notice that somebody
// sets the wall clock.
const maxNap = time.Minute

// A sleeper is woken by the closing of a channel.
type sleeper struct {
	until time.Time // by the wall clock alone
	woken chan struct{}
	index int // in the heap, -1 if not there
}

// sleep returns once the wall clock has come to a time, or with an error when
// ctx ends.
func (c *clock) sleep(ctx context.Context, until time.Time) error {
	s := &sleeper{until: until.Round(0), woken: make(chan struct{})}
	c.add(s)
	defer c.remove(s)
	select {
	case <-s.woken:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *clock) add(s *sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	heap.Push(&c.sleepers, s)
	if s.index == 0 {
		c.arm()
	}
}

func (c *clock) remove(s *sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.index >= 0 {
		heap.Remove(&c.sleepers, s.index)
	}
	if len(c.sleepers) == 0 {
		c.timer.Stop()
	}
}

// arm sets the timer to the first time that somebody sleeps until.
func (c *clock) arm() {
	nap := min(c.sleepers[0].until.Sub(c.now()), maxNap)
	if c.timer == nil {
		c.timer = time.AfterFunc(nap, c.wake)
		return
	}
	c.timer.Reset(nap)
}

// wake wakes those whose time has come.
func (c *clock) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for len(c.sleepers) > 0 && !c.sleepers[0].until.After(now) {
		close(heap.Pop(&c.sleepers).(*sleeper).woken)
	}
	if len(c.sleepers) > 0 {
		c.arm()
	}
}

// Close implements io.Closer. The timer ended with the last sleeper.
func (c *clock) Close() error { return nil }

// sleepers are a heap, the first to be woken at its root.
type sleepers []*sleeper

func (s sleepers) Len() int           { return len(s) }
func (s sleepers) Less(i, j int) bool { return s[i].until.Before(s[j].until) }

func (s sleepers) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

func (s *sleepers) Push(x any) {
	x.(*sleeper).index = len(*s)
	*s = append(*s, x.(*sleeper))
}

func (s *sleepers) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	x.index = -1
	(*s)[last] = nil
	*s = (*s)[:last]
	return x
}
