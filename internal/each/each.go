// Package each does the same for each of many, so many at a time.
package each

import (
	"sync"
	"sync/atomic"
)

// Do calls f with 0 to n-1, so many at a time, and returns when all calls
// have. It panics if one of them did.
func Do(n, atATime int, f func(int)) {
	var next atomic.Int64
	var panicked atomic.Pointer[any]
	var workers sync.WaitGroup
	for range min(n, atATime) {
		workers.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panicked.Store(&r) // whoever waits knows how to handle it
				}
			}()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	workers.Wait()
	if r := panicked.Load(); r != nil {
		panic(*r)
	}
}
