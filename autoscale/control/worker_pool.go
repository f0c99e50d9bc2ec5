package control

import "sync"

// urgentShare is how many of those that are urgent are taken before one that is
// not, if both wait: nobody waits for ever.
const urgentShare = 3

// A workerPool works off what waits, in goroutines that exist only while there is
// work and of which there are at most limit. What is urgent goes before what is
// not, and of each what has waited longest.
type workerPool[T any] struct {
	limit int
	work  func(T)

	// Under the Runner's mutex.
	busy           int
	urgent, others []T
	inRow          int // urgent ones that were taken since one of the others
}

// add has the item worked on. The caller holds mu.
func (p *workerPool[T]) add(item T, urgent bool, mu *sync.Mutex, wait *sync.WaitGroup) {
	if p.busy == p.limit {
		queue := &p.others
		if urgent {
			queue = &p.urgent
		}
		*queue = append(*queue, item)
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
	switch {
	case len(p.urgent) > 0 && (p.inRow < urgentShare || len(p.others) == 0):
		p.inRow++
		return take(&p.urgent), true
	case len(p.others) > 0:
		p.inRow = 0
		return take(&p.others), true
	}
	p.busy--
	return item, false
}

// take removes the first item of a queue, and the memory of one that is used up.
func take[T any](queue *[]T) T {
	item := (*queue)[0]
	clear((*queue)[:1])
	if *queue = (*queue)[1:]; len(*queue) == 0 {
		*queue = nil
	}
	return item
}
