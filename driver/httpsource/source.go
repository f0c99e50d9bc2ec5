package httpsource

import (
	"context"
	"time"

	"github.com/scalerkit/scalerkit/driver"
)

// NewSource returns a Source whose questions are asked one by one, side by side.
// Equal questions are asked once.
func NewSource[Q comparable, A any](name string, ask func(context.Context, *Client, Q) (A, error)) driver.Source[*Client, Q, A] {
	return driver.Source[*Client, Q, A]{
		Name: name,
		Ask: func(ctx context.Context, c *Client, questions []Q) ([]driver.Answer[A], error) {
			return Each(ctx, c, questions, ask), nil
		},
	}
}

// Each asks the questions, as [driver.Each] does, as many at a time as it takes
// to be done before ctx ends, by how long requests took so far: 2 at the least,
// and all of the Client's connections to a host at the most.
func Each[Q, A any](ctx context.Context, c *Client, questions []Q, ask func(context.Context, *Client, Q) (A, error)) []driver.Answer[A] {
	return driver.Each(ctx, c.parallel(ctx, len(questions)), questions, func(ctx context.Context, q Q) (A, error) {
		return ask(ctx, c, q)
	})
}

const (
	fewest  = 2
	perhaps = 100 * time.Millisecond // how long a request takes while that is not known
)

// parallel returns how many of n requests there have to be at a time.
func (c *Client) parallel(ctx context.Context, n int) int {
	deadline, ok := ctx.Deadline()
	if !ok {
		return fewest
	}
	each := time.Duration(c.roundTrip.Load())
	if each == 0 {
		each = perhaps
	}
	left := max(time.Until(deadline)/2, 1) // the other half is for what takes longer than it did
	return int(min(max(time.Duration(n)*each/left+1, fewest), time.Duration(c.connections)))
}

// took remembers how long a request took, as a moving average.
func (c *Client) took(d time.Duration) {
	before := c.roundTrip.Load()
	if before == 0 {
		before = int64(d)
	}
	c.roundTrip.Store(max(1, before+(int64(d)-before)/8)) // one that is lost to another request is no loss
}
