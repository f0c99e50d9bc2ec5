// Package each does things side by side for code of others, whose panics are to reach
// whoever waits for them: there they become an error, and in a goroutine of
// their own they would end the program.
package each

import (
	"sync"
	"sync/atomic"
)

// A Group is a [sync.WaitGroup] that passes panics on. The zero value is ready
// to use.
type Group struct {
	wait     sync.WaitGroup
	panicked atomic.Pointer[any]
}

// Go calls f in a goroutine of its own.
func (g *Group) Go(f func()) {
	g.wait.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				g.panicked.Store(&r)
			}
		}()
		f()
	})
}

// Wait returns when all calls have. It panics if one of them did.
func (g *Group) Wait() {
	g.wait.Wait()
	if r := g.panicked.Load(); r != nil {
		panic(*r)
	}
}

// Do calls f with 0 to n-1, so many at a time, and returns when all calls
// have. It panics if one of them did.
func Do(n, atATime int, f func(int)) {
	var next atomic.Int64
	var workers Group
	for range min(n, atATime) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	workers.Wait()
}
