package scalerkit

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// A Sharer is a Scaler that reads over a share in a connection.
type Sharer interface {
	Scaler

	// IsClosed reports whether Close was called; see [Shared.IsClosed].
	IsClosed() bool
}

// ReadShared is what Read of a [Sharer] is made of. It calls ask with the
// connection that s is a share of, as [Use] does, and has it read the one
// scaler. Where ask fails as a whole, wrap adds to the error what was being
// done for the scaler.
func ReadShared[S Sharer, C io.Closer](ctx context.Context, s *Shared[C], scaler S,
	ask func(context.Context, C, []S) ([]Result, error), wrap func(S, error) error,
) (Reading, error) {
	results, err := Use(ctx, s, answersTo(ask, []S{scaler}))
	switch {
	case errors.Is(err, ErrClosed):
		return Reading{}, ErrClosed
	case err != nil:
		return Reading{}, wrap(scaler, err)
	}
	return results[0].Reading, results[0].Err
}

// ReadSharedBatch is what ReadBatch of a [Batcher] is made of that is a
// [Sharer]. It calls ask once for all peers, which are of type S and have
// shares in the same connection as s, as [UseAll] does. ask returns one Result
// for each, in their order, or an error for all. A peer that is closed by then
// gets [ErrClosed] instead.
func ReadSharedBatch[S Sharer, C io.Closer](ctx context.Context, s *Shared[C], peers []Scaler,
	ask func(context.Context, C, []S) ([]Result, error), wrap func(S, error) error,
) []Result {
	all := make([]S, len(peers))
	for i, p := range peers {
		all[i] = p.(S)
	}
	results, err := UseAll(ctx, s, answersTo(ask, all))
	if err != nil {
		results = make([]Result, len(all))
	}
	for i, p := range all {
		switch {
		case p.IsClosed():
			results[i] = Result{Err: ErrClosed}
		case err != nil:
			results[i] = Result{Err: wrap(p, err)}
		}
	}
	return results
}

// answersTo returns a function for Use that asks for all scalers and insists
// on an answer for each.
func answersTo[S Sharer, C io.Closer](ask func(context.Context, C, []S) ([]Result, error), scalers []S) func(context.Context, C) ([]Result, error) {
	return func(ctx context.Context, connection C) ([]Result, error) {
		results, err := ask(ctx, connection, scalers)
		if err == nil && len(results) != len(scalers) {
			err = fmt.Errorf("%d answers for %d scalers", len(results), len(scalers))
		}
		return results, err
	}
}
