package external

import (
	"context"
	"errors"
	"io"

	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// errEnded means that the server had nothing more to say.
var errEnded = errors.New("the server ended the stream")

// watch tells of what the server pushes: that it calls for replicas, and that
// its targets are others. That it calls for none is left to the next reading, as
// in KEDA, since servers say so again and again. Targets need not be pushed.
func watch(ctx context.Context, c *client, q question, changed func()) error {
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var streams each.Group
	streams.Go(func() {
		var activity wire.Activity
		lose(c.follow(ctx, wire.StreamIsActive, q, &activity, func() {
			if activity.Active {
				changed()
			}
		}))
	})
	streams.Go(func() {
		err := c.follow(ctx, wire.StreamMetricSpec, q, new(wire.Measures), changed)
		if !errors.Is(err, rpc.ErrUnimplemented) && !errors.Is(err, errEnded) {
			lose(err)
		}
	})
	streams.Wait()
	return context.Cause(ctx)
}

// follow calls f for each message of a stream, which is then in response. It
// returns why the stream ended.
func (c *client) follow(ctx context.Context, method string, q question, response rpc.Message, f func()) error {
	stream, err := c.Stream(ctx, method)
	if err == nil {
		err = stream.SendMsg(&q.ref)
	}
	if err == nil || errors.Is(err, io.EOF) { // the server's own error comes with the answer
		err = stream.CloseSend()
	}
	for err == nil {
		if err = stream.RecvMsg(response); err == nil {
			f()
		}
	}
	if errors.Is(err, io.EOF) {
		err = errEnded
	}
	return q.explain(ctx, method, err)
}
