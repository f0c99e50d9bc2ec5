package scalerkit

import (
	"context"
	"fmt"
	"sync"
)

// ReadAll reads all scalers at once, those that can be batched in one exchange
// with each source, and returns one Result for each, in their order. A panic
// in a Scaler becomes the error of its Result.
func ReadAll(ctx context.Context, scalers ...Scaler) []Result {
	results := make([]Result, len(scalers))
	groups := Group(scalers)
	if len(groups) == 1 {
		readGroup(ctx, scalers, groups[0], results)
		return results
	}
	var wait sync.WaitGroup
	for _, group := range groups {
		wait.Go(func() { readGroup(ctx, scalers, group, results) })
	}
	wait.Wait()
	return results
}

// Group says which of the scalers can be read in one exchange: it returns
// their indices, one group for each exchange, both in the order of scalers.
func Group(scalers []Scaler) [][]int {
	var groups [][]int
	byKey := make(map[any]int) // BatchKey to index in groups
	for i, s := range scalers {
		b, ok := s.(Batcher)
		if !ok {
			groups = append(groups, []int{i})
			continue
		}
		key := b.BatchKey()
		g, ok := byKey[key]
		if !ok {
			g = len(groups)
			byKey[key] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// readGroup reads the scalers with the given indices, which are peers, and
// puts the outcome at the same indices of results.
func readGroup(ctx context.Context, scalers []Scaler, group []int, results []Result) {
	if len(group) == 1 {
		r := &results[group[0]]
		r.Err = protect(func() (err error) {
			r.Reading, err = scalers[group[0]].Read(ctx)
			return err
		})
		return
	}
	peers := make([]Scaler, len(group))
	for i, index := range group {
		peers[i] = scalers[index]
	}
	var batch []Result
	err := protect(func() error {
		batch = peers[0].(Batcher).ReadBatch(ctx, peers)
		if len(batch) != len(peers) {
			return fmt.Errorf("batch of %d scalers gave %d results", len(peers), len(batch))
		}
		return nil
	})
	for i, index := range group {
		if err != nil {
			results[index] = Result{Err: err}
		} else {
			results[index] = batch[i]
		}
	}
}
