package control

import "sync"

// A crew works off a queue, in goroutines that exist only while there is work
// and of which there are at most limit.
type crew[T any] struct {
	limit int
	work  func(T)

	// Under the Runner's mutex.
	busy  int
	queue []T
}

// add has the item worked on. The caller holds mu.
func (c *crew[T]) add(item T, mu *sync.Mutex, wait *sync.WaitGroup) {
	if c.busy == c.limit {
		c.queue = append(c.queue, item)
		return
	}
	c.busy++
	wait.Go(func() {
		for more := true; more; item, more = c.next(mu) {
			c.work(item)
		}
	})
}

// next returns the next item, or ends one goroutine's work.
func (c *crew[T]) next(mu *sync.Mutex) (item T, more bool) {
	mu.Lock()
	defer mu.Unlock()
	if len(c.queue) == 0 {
		c.queue = nil // its start is used up
		c.busy--
		return item, false
	}
	item = c.queue[0]
	clear(c.queue[:1])
	c.queue = c.queue[1:]
	return item, true
}
