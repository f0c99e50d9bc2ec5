package control

import "sync"

// A workerPool works off a queue, in goroutines that exist only while there is
// work and of which there are at most limit.
type workerPool[T any] struct {
	limit int
	work  func(T)

	// Under the Runner's mutex.
	busy  int
	queue []T
}

// add has the item worked on. The caller holds mu.
func (p *workerPool[T]) add(item T, mu *sync.Mutex, wait *sync.WaitGroup) {
	if p.busy == p.limit {
		p.queue = append(p.queue, item)
		return
	}
	p.busy++
	wait.Go(func() {
		for more := true; more; item, more = p.next(mu) {
			p.work(item)
		}
	})
}

// next returns the next item, or ends one goroutine's work.
func (p *workerPool[T]) next(mu *sync.Mutex) (item T, more bool) {
	mu.Lock()
	defer mu.Unlock()
	if len(p.queue) == 0 {
		p.queue = nil // its start is used up
		p.busy--
		return item, false
	}
	item = p.queue[0]
	clear(p.queue[:1])
	p.queue = p.queue[1:]
	return item, true
}
