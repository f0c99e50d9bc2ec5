package httpsource

import (
	"context"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A Source is a [driver.Source] that is asked over HTTP, one question at a time
// and many side by side. Equal questions are asked once.
type Source[Q comparable, A any] struct {
	// Name is that of the source, as in a driver.Source.
	Name string

	// Ask asks one question. It does not retry.
	Ask func(context.Context, *Client, Q) (A, error)

	// Classify, Connections and Elsewhere are as in [Settings].
	Classify    Classify
	Connections int
	Elsewhere   bool
}

// A Plan is what one Scaler wants of a Source.
type Plan[Q comparable, A any] struct {
	Metric   scalerkit.Metric
	Question Q

	// Server is the URL of whom is asked. Scalers that are given the same Pool
	// share a [Client] if they have equal Servers and authenticate alike.
	Server string
	Access Access

	// Identities are those of the program's from which one is taken for the
	// Audience, if the Platform asks for one and Access for nothing.
	Platform   Platform
	Audience   Audience
	Identities Identities

	// Read makes a reading of an answer, as in a [driver.Plan].
	Read func(A) (scalerkit.Reading, error)
}

// New returns a Scaler. It does no I/O. Errors are ConfigErrors.
func (s Source[Q, A]) New(o scalerkit.Options, plan Plan[Q, A]) (scalerkit.Scaler, error) {
	settings := Settings{Access: plan.Access, Classify: s.Classify, Connections: s.Connections, Elsewhere: s.Elsewhere}
	if !plan.Access.IsSet() {
		var err error
		if settings.Identity, err = plan.Identities.Opener(plan.Platform, plan.Audience, o); err != nil {
			return nil, err
		}
	}
	type key struct {
		Server   string
		Access   Access
		Platform Platform
		Audience Audience
	}
	source := driver.Source[*Client, Q, A]{Name: s.Name, Ask: func(ctx context.Context, c *Client, questions []Q) ([]driver.Answer[A], error) {
		return Each(ctx, c, questions, s.Ask), nil
	}}
	return source.New(o, driver.Plan[*Client, Q, A]{
		Metric:   plan.Metric,
		Question: plan.Question,
		Key:      key{plan.Server, plan.Access, plan.Platform, plan.Audience},
		Open:     func(context.Context) (*Client, error) { return New(settings, o) },
		Read:     plan.Read,
	}), nil
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
