package redis

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	goredis "github.com/redis/go-redis/v9"
)

// A query is what one trigger asks of the server: a command, whose reply is
// the value or leads to a further command.
type query interface {
	// begin returns the first command.
	begin(context.Context) goredis.Cmder

	// next reads the reply to the last command and returns the value, or the
	// further command that it takes to find it.
	next(ctx context.Context, last goredis.Cmder) (value float64, further goredis.Cmder, err error)

	// String says what is read, for errors.
	String() string
}

// A sizeQuery reads the number of elements of a key, whatever it holds. It
// takes the key for what it held the last time, at first for a list, so that
// one command is the rule.
type sizeQuery struct {
	key     string
	command atomic.Pointer[[]any] // made once, since it is sent at every reading
}

func newSizeQuery(key string) *sizeQuery {
	q := &sizeQuery{key: key}
	q.command.Store(&[]any{"llen", key})
	return q
}

// sizeCommands has the command for each type that has a size. To the server, a
// key that does not exist is an empty one of any type.
var sizeCommands = map[string]string{"list": "llen", "set": "scard", "zset": "zcard", "hash": "hlen", "none": "llen"}

func (q *sizeQuery) begin(ctx context.Context) goredis.Cmder {
	return goredis.NewIntCmd(ctx, *q.command.Load()...)
}

func (q *sizeQuery) next(ctx context.Context, last goredis.Cmder) (float64, goredis.Cmder, error) {
	switch last := last.(type) {
	case *goredis.IntCmd:
		if hasCode(last.Err(), "WRONGTYPE") {
			return 0, goredis.NewStatusCmd(ctx, "type", q.key), nil
		}
		return float64(last.Val()), nil, last.Err()
	case *goredis.StatusCmd:
		if last.Err() != nil {
			return 0, nil, last.Err()
		}
		size, ok := sizeCommands[last.Val()]
		if !ok {
			return 0, nil, fmt.Errorf("it is a %s and has no size; want a list, set, zset or hash", last.Val())
		}
		q.command.Store(&[]any{size, q.key})
		return 0, q.begin(ctx), nil
	}
	return 0, nil, unexpected(last)
}

func (q *sizeQuery) String() string { return fmt.Sprintf("size of %q", q.key) }

// A lengthQuery reads the number of entries in a stream.
type lengthQuery struct{ stream string }

func (q *lengthQuery) begin(ctx context.Context) goredis.Cmder {
	return goredis.NewIntCmd(ctx, "xlen", q.stream)
}

func (q *lengthQuery) next(_ context.Context, last goredis.Cmder) (float64, goredis.Cmder, error) {
	if length, ok := last.(*goredis.IntCmd); ok {
		return float64(length.Val()), nil, length.Err()
	}
	return 0, nil, unexpected(last)
}

func (q *lengthQuery) String() string { return fmt.Sprintf("length of stream %q", q.stream) }

// A pendingQuery reads the number of entries that were delivered to a consumer
// group and not acknowledged.
type pendingQuery struct{ stream, group string }

func (q *pendingQuery) begin(ctx context.Context) goredis.Cmder {
	return goredis.NewXPendingCmd(ctx, "xpending", q.stream, q.group)
}

func (q *pendingQuery) next(_ context.Context, last goredis.Cmder) (float64, goredis.Cmder, error) {
	pending, ok := last.(*goredis.XPendingCmd)
	if !ok {
		return 0, nil, unexpected(last)
	}
	if pending.Err() != nil {
		return 0, nil, pending.Err()
	}
	return float64(pending.Val().Count), nil, nil
}

func (q *pendingQuery) String() string {
	return fmt.Sprintf("pending entries of group %q in stream %q", q.group, q.stream)
}

// errStep is for a reply that begin and next did not ask for.
var errStep = errors.New("unexpected reply")

func unexpected(cmd goredis.Cmder) error { return fmt.Errorf("%w to %s", errStep, cmd.Name()) }
