package scalertest

import (
	"context"
	"errors"
	"time"

	"github.com/scalerkit/scalerkit"
)

// batch opens n peers at different levels.
func (e *env) batch(n int) (peers []scalerkit.Scaler, levels []float64) {
	e.Helper()
	if e.Peers == nil {
		e.Fatal("the scaler is a Batcher, but the source has no Peers")
	}
	for i, t := range e.Peers(n) {
		level := e.Levels[1+i%(len(e.Levels)-1)]
		e.set(t, level)
		peers, levels = append(peers, e.open(t.Spec)), append(levels, level)
	}
	for i, s := range peers {
		e.await(s, levels[i]) // all settle in the time of one
	}
	if groups := scalerkit.Group(peers); len(groups) != 1 {
		e.Fatalf("%d peers have %d different BatchKeys", n, len(groups))
	}
	return peers, levels
}

// readBatch reads a batch of peers with a time limit.
func (e *env) readBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	e.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	results := peers[0].(scalerkit.Batcher).ReadBatch(ctx, peers)
	if len(results) != len(peers) {
		e.Fatalf("ReadBatch of %d peers gave %d results", len(peers), len(results))
	}
	for _, r := range results {
		e.secrets.seeError(r.Err)
	}
	return results
}

// wantLevel fails the check unless the result is the level.
func (e *env) wantLevel(i int, r scalerkit.Result, level float64) {
	e.Helper()
	if r.Err != nil || r.Reading.Value != level {
		e.Errorf("peer %d: %+v, %v; want %v", i, r.Reading, r.Err, level)
	}
}

func batchEqualsSingleReads(e *env) {
	peers, levels := e.batch(12)
	for i, r := range e.readBatch(context.Background(), peers) {
		e.wantLevel(i, r, levels[i])
		single, err := e.read(peers[i])
		if err != nil || single.Value != r.Reading.Value || single.Active != r.Reading.Active {
			e.Errorf("peer %d: %+v in the batch, but alone %+v, %v", i, r.Reading, single, err)
		}
	}
}

func oneFailureInABatchIsOneFailure(e *env) {
	peers, levels := e.batch(6)
	missing := e.open(*e.Missing)
	if missing.(scalerkit.Batcher).BatchKey() != peers[0].(scalerkit.Batcher).BatchKey() {
		e.Fatal("Missing has another BatchKey than the peers")
	}
	at := len(peers) / 2
	peers[at] = missing
	for i, r := range e.readBatch(context.Background(), peers) {
		if i != at {
			e.wantLevel(i, r, levels[i])
		} else if !errors.Is(r.Err, scalerkit.ErrNotFound) {
			e.Errorf("the missing peer gives %+v, %v, which is no ErrNotFound", r.Reading, r.Err)
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
			isClosed := false
			for _, c := range closed {
				isClosed = isClosed || c == i
			}
			if !isClosed {
				e.wantLevel(i, r, levels[i])
			} else if !errors.Is(r.Err, scalerkit.ErrClosed) {
				e.Errorf("closed peer %d gives %+v, %v, which is no ErrClosed", i, r.Reading, r.Err)
			}
		}
	}
	if err := peers[2].Close(); err != nil {
		e.Errorf("close: %v", err)
	}
	want(e.readBatch(context.Background(), peers), 2)

	e.network.stall()
	done := make(chan []scalerkit.Result, 1)
	go func() { done <- e.readBatch(context.Background(), peers) }()
	if !eventually(func() bool { return e.network.waiting() > 0 }) {
		e.Error("ReadBatch does not wait for the source")
	}
	if err := peers[0].Close(); err != nil {
		e.Errorf("close: %v", err)
	}
	e.network.heal()
	want(<-done, 0, 2)
}

func outageFailsTheWholeBatch(e *env) {
	peers, levels := e.batch(6)
	e.network.refuse()
	for i, r := range e.readBatch(context.Background(), peers) {
		e.wantError("an outage", r.Reading, r.Err)
		if r.Err != nil && r.Reading != (scalerkit.Reading{}) {
			e.Errorf("peer %d: %+v along with the error %v", i, r.Reading, r.Err)
		}
	}
	e.network.heal()
	for i, s := range peers {
		e.recovered(s, levels[i])
	}
}

func cancelledBatchReturns(e *env) {
	peers, _ := e.batch(6)
	e.network.stall()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(50*time.Millisecond, cancel)
	e.within("ReadBatch after its context was cancelled", func() {
		for _, r := range e.readBatch(ctx, peers) {
			e.wantError("a cancelled ReadBatch", r.Reading, r.Err)
		}
	})
}
