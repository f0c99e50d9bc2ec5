package control

import (
	"slices"
	"sync"
	"testing"
)

func TestWorkerPoolOrder(t *testing.T) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	var got []string
	begin := make(chan struct{})
	pool := workerPool[string]{limit: 1, work: func(item string) {
		<-begin
		got = append(got, item)
	}}
	mu.Lock()
	for _, item := range []string{"first", "a", "b", "c"} {
		pool.add(item, false, &mu, &wait)
	}
	for _, item := range []string{"A", "B", "C", "D", "E"} {
		pool.add(item, true, &mu, &wait)
	}
	mu.Unlock()
	close(begin)
	wait.Wait()
	if want := []string{"first", "A", "B", "C", "a", "D", "E", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("worked on %v, want %v", got, want)
	}
	if pool.busy != 0 || pool.urgent != nil || pool.others != nil {
		t.Errorf("something is left: %+v", pool)
	}
}
