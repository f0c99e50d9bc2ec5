// Package batch is one exchange with the source of Scalers that are peers. It
// does not know the types of the root package, which stands on it.
package batch

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit/internal/guard"
)

// A scaler is a scalerkit.Scaler with its Reading.
type scaler[T any] interface {
	Read(context.Context) (T, error)
}

// A batcher is a scalerkit.Batcher.
type batcher[S, R any] interface {
	ReadBatch(context.Context, []S) []R
}

// A result is a scalerkit.Result.
type result[T any] interface {
	~struct {
		Reading T
		Err     error
	}
}

// Read reads the peers in one exchange: one by its Read, several by the
// ReadBatch of the first, whose peers they stay even after it was cancelled. It
// returns a result for each, in their order. A panic is the error of all, and
// so is a batch with a result too many or too few.
func Read[R result[T], T any, S scaler[T]](ctx context.Context, peers []S) []R {
	var results []R
	var reading T
	err := guard.Do(func() (err error) {
		if len(peers) == 1 {
			reading, err = peers[0].Read(ctx)
			return err
		}
		results = any(peers[0]).(batcher[S, R]).ReadBatch(ctx, peers)
		if len(results) != len(peers) {
			return fmt.Errorf("batch of %d scalers gave %d results", len(peers), len(results))
		}
		return nil
	})
	switch {
	case len(peers) == 1:
		return []R{{Reading: reading, Err: err}}
	case err != nil:
		results = make([]R, len(peers))
		for i := range results {
			results[i] = R{Err: err}
		}
	}
	return results
}
