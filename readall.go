package scalerkit

import (
	"context"
	"sync"

	"github.com/scalerkit/scalerkit/internal/batch"
)

// ReadAll reads all scalers at once, those that can be batched in one exchange
// with each source, and returns one Result for each, in their order. A panic
// in a Scaler becomes the error of its Result.
func ReadAll(ctx context.Context, scalers ...Scaler) []Result {
	groups := group(scalers)
	if len(groups) == 1 {
		return readGroup(ctx, scalers, groups[0])
	}
	results := make([]Result, len(scalers))
	var wait sync.WaitGroup
	for _, peers := range groups {
		wait.Go(func() {
			for i, r := range readGroup(ctx, scalers, peers) {
				results[peers[i]] = r
			}
		})
	}
	wait.Wait()
	return results
}

// group says which of the scalers can be read in one exchange: it returns
// their indices, one group for each exchange, both in the order of scalers.
func group(scalers []Scaler) [][]int {
	groupOf := make([]int, len(scalers))
	var sizes []int // of the groups
	byKey := make(map[any]int)
	var last any // key
	for i, s := range scalers {
		key := batchKey(s)
		g := len(sizes)
		switch {
		case key == nil: // it is read alone
		case key == last: // as most are: that is quicker than to look it up
			g = groupOf[i-1]
		default:
			if known, ok := byKey[key]; ok {
				g = known
			}
			byKey[key] = g
		}
		if g == len(sizes) {
			sizes = append(sizes, 0)
		}
		groupOf[i] = g
		sizes[g]++
		last = key
	}
	groups := make([][]int, len(sizes))
	indices := make([]int, len(scalers))
	for g, size := range sizes {
		groups[g], indices = indices[:0:size], indices[size:]
	}
	for i, g := range groupOf {
		groups[g] = append(groups[g], i)
	}
	return groups
}

// batchKey returns the BatchKey of s, or nil if s is to be read alone.
func batchKey(s Scaler) any {
	defer func() { _ = recover() }() // from a faulty Batcher; its Read may do better
	b, ok := s.(Batcher)
	if !ok {
		return nil
	}
	key := b.BatchKey()
	if !equal(key, key) { // or else it panics
		return nil
	}
	return key
}

// equal is ==, which panics if the types of its arguments are not comparable.
func equal(a, b any) bool { return a == b }

// readGroup reads the scalers with the given indices, which are peers, and
// returns their results in the order of the indices.
func readGroup(ctx context.Context, scalers []Scaler, group []int) []Result {
	peers := make([]Scaler, len(group)) // which a batch that was cancelled may go on reading
	for i, index := range group {
		peers[i] = scalers[index]
	}
	return batch.Read[Result](ctx, peers)
}
