package scalertest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
)

// batch opens n peers at different levels.
func (e *env) batch(n int) (peers []scalerkit.Scaler, levels []float64) {
	e.Helper()
	if e.Peers == nil {
		e.Fatal("the scaler is a Batcher, but the source has no Peers")
	}
	peers, levels = e.several(n)
	if !Together(peers...) {
		e.Fatal("Peers have different BatchKeys")
	}
	return peers, levels
}

// Together reports whether [scalerkit.ReadAll] reads the Scalers in one exchange
// with their source: all are Batchers, and their BatchKeys are equal.
func Together(scalers ...scalerkit.Scaler) bool {
	keys := make(map[any]bool)
	for _, s := range scalers {
		b, ok := s.(scalerkit.Batcher)
		if !ok {
			return false
		}
		keys[b.BatchKey()] = true
	}
	return len(keys) == 1
}

// readBatch reads a batch of peers with a time limit.
func (e *env) readBatch(ctx context.Context, leader scalerkit.Scaler, peers ...scalerkit.Scaler) []scalerkit.Result {
	e.Helper()
	ctx, cancel := context.WithTimeout(ctx, e.patience/2)
	defer cancel()
	return e.batchResults(len(peers), func() []scalerkit.Result {
		return leader.(scalerkit.Batcher).ReadBatch(ctx, peers)
	})
}

// batchResults returns what f returns after a look at it.
func (e *env) batchResults(n int, f func() []scalerkit.Result) []scalerkit.Result {
	e.Helper()
	results := within(e, "ReadBatch", f)
	if len(results) != n {
		e.Fatalf("ReadBatch of %d peers gave %d results", n, len(results))
	}
	for _, r := range results {
		e.inspect("ReadBatch", r)
	}
	return results
}

// batchEqualsSingleReads reads batches that differ in order and in who leads
// them, and in which one thing is read by two.
func batchEqualsSingleReads(e *env) {
	peers, levels := e.batch(12)
	e.set(e.Trigger, e.highest())
	specs := []scalerkit.Spec{e.Spec, e.Spec}
	if e.ActivationKey != "" {
		specs[1] = e.override(e.ActivationKey, trim(e.highest()))
	}
	for _, spec := range specs {
		s := e.open(spec)
		e.await(s, e.highest())
		if Together(s, peers[0]) {
			peers, levels = append(peers, s), append(levels, e.highest())
		}
	}
	for _, leader := range []int{0, 7, len(peers) - 1} {
		for i, r := range e.readBatch(context.Background(), peers[leader], peers...) {
			e.wantLevel(i, r, levels[i])
			single, err := e.read(peers[i])
			if err != nil || single.Value != r.Reading.Value || single.Activity != r.Reading.Activity {
				e.Errorf("trigger %d: %+v in the batch, but alone %+v, %v", i, r.Reading, single, err)
			}
		}
		slices.Reverse(peers)
		slices.Reverse(levels)
	}
}

// oneFailureInABatchIsOneFailure puts triggers among the good ones that the
// source has another answer for, as far as they have the same BatchKey.
func oneFailureInABatchIsOneFailure(e *env) {
	peers, levels := e.batch(6)
	if !Together(peers[0], e.open(*e.Missing)) {
		e.Fatal("Missing has another BatchKey than the Peers")
	}
	want := make([]error, len(peers))
	for i, answer := range e.answers() {
		if answer.spec == nil {
			continue
		}
		if s := e.open(*answer.spec); Together(s, peers[5]) {
			peers[2*i], want[2*i] = s, answer.err
		}
	}
	for i, r := range e.readBatch(context.Background(), peers[0], peers...) {
		if want[i] == nil {
			e.wantLevel(i, r, levels[i])
		} else if !errors.Is(r.Err, want[i]) {
			e.Errorf("trigger %d: %+v, %v; want an error that is %q", i, r.Reading, r.Err, want[i])
		}
	}
}

// closedPeerDisturbsNobody closes one peer before a batch, and the one whose
// method runs in the middle of it.
func closedPeerDisturbsNobody(e *env) {
	peers, levels := e.batch(6)
	want := func(results []scalerkit.Result, closed ...int) {
		e.Helper()
		for i, r := range results {
			if !slices.Contains(closed, i) {
				e.wantLevel(i, r, levels[i])
			} else if !errors.Is(r.Err, scalerkit.ErrClosed) {
				e.Errorf("closed trigger %d: %+v, %v, which is no ErrClosed", i, r.Reading, r.Err)
			}
		}
	}
	e.close(peers[2])
	want(e.readBatch(context.Background(), peers[0], peers...), 2)

	e.network.stall()
	done := make(chan []scalerkit.Result, 1)
	go func() { done <- peers[0].(scalerkit.Batcher).ReadBatch(context.Background(), peers) }()
	if !e.eventually(func() bool { return e.network.waiting() > 0 }) {
		e.Error("ReadBatch does not wait for the source")
	}
	e.close(peers[0])
	e.network.heal()
	want(e.batchResults(len(peers), func() []scalerkit.Result { return <-done }), 0, 2)

	want(e.readBatch(context.Background(), peers[0], peers...), 0, 2)
}

func outageFailsTheWholeBatch(e *env) {
	peers, levels := e.batch(6)
	e.network.refuse()
	for _, r := range e.readBatch(context.Background(), peers[0], peers...) {
		e.wantNoAnswer("an outage", r.Reading, r.Err)
	}
	e.network.heal()
	for i, s := range peers {
		e.recovered(s, levels[i])
	}
}

// halfABatchIsNeverAWrongLevel ends connections in the middle of the answer.
func halfABatchIsNeverAWrongLevel(e *env) {
	peers, levels := e.batch(6)
	e.halve(peers[0], levels[0], func(what string) error {
		var errs []error
		for i, r := range e.readBatch(context.Background(), peers[0], peers...) {
			e.wantLevelOrTrouble(what, r, levels[i])
			errs = append(errs, r.Err)
		}
		return errors.Join(errs...)
	})
}

func cancelledBatchReturns(e *env) {
	peers, levels := e.batch(6)
	e.network.stall()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(50*time.Millisecond, cancel)
	for _, r := range e.readBatch(ctx, peers[0], peers...) {
		e.wantError("a cancelled ReadBatch", r.Reading, r.Err)
		if !errors.Is(r.Err, context.Canceled) {
			e.Errorf("a cancelled ReadBatch gives %v, which is no context.Canceled", r.Err)
		}
	}
	e.network.heal()
	for i, s := range peers {
		e.recovered(s, levels[i])
	}
}
