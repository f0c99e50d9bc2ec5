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
	// begin returns the first command. The query reads the reply.
	begin(context.Context) goredis.Cmder
	reader

	// String says what is read, for errors.
	String() string
}

// A reader makes sense of replies.
type reader interface {
	// next reads the reply to the last command and returns the value, or the
	// further step that it takes to find it.
	next(ctx context.Context, last goredis.Cmder) (value float64, further step, err error)
}

// A step is a command and the reader of its reply. The zero step is none.
type step struct {
	cmd  goredis.Cmder
	then reader
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

func (q *sizeQuery) next(ctx context.Context, last goredis.Cmder) (float64, step, error) {
	switch last := last.(type) {
	case *goredis.IntCmd:
		if hasCode(last.Err(), "WRONGTYPE") {
			return 0, step{cmd: goredis.NewStatusCmd(ctx, "type", q.key), then: q}, nil
		}
		return float64(last.Val()), step{}, last.Err()
	case *goredis.StatusCmd:
		if last.Err() != nil {
			return 0, step{}, last.Err()
		}
		size, ok := sizeCommands[last.Val()]
		if !ok {
			return 0, step{}, fmt.Errorf("it is a %s and has no size; want a list, set, zset or hash", last.Val())
		}
		q.command.Store(&[]any{size, q.key})
		return 0, step{cmd: q.begin(ctx), then: q}, nil
	}
	return 0, step{}, unexpected(last)
}

func (q *sizeQuery) String() string { return fmt.Sprintf("size of %q", q.key) }

// A lengthQuery reads the number of entries in a stream.
type lengthQuery struct{ stream string }

func (q *lengthQuery) begin(ctx context.Context) goredis.Cmder {
	return goredis.NewIntCmd(ctx, "xlen", q.stream)
}

func (q *lengthQuery) next(_ context.Context, last goredis.Cmder) (float64, step, error) {
	if length, ok := last.(*goredis.IntCmd); ok {
		return float64(length.Val()), step{}, length.Err()
	}
	return 0, step{}, unexpected(last)
}

func (q *lengthQuery) String() string { return fmt.Sprintf("length of stream %q", q.stream) }

// A pendingQuery reads the number of entries that were delivered to a consumer
// group and not acknowledged.
type pendingQuery struct{ stream, group string }

func (q *pendingQuery) begin(ctx context.Context) goredis.Cmder {
	return goredis.NewXPendingCmd(ctx, "xpending", q.stream, q.group)
}

func (q *pendingQuery) next(_ context.Context, last goredis.Cmder) (float64, step, error) {
	pending, ok := last.(*goredis.XPendingCmd)
	if !ok {
		return 0, step{}, unexpected(last)
	}
	if pending.Err() != nil {
		return 0, step{}, pending.Err()
	}
	return float64(pending.Val().Count), step{}, nil
}

func (q *pendingQuery) String() string {
	return fmt.Sprintf("pending entries of group %q in stream %q", q.group, q.stream)
}

// errStep is for a reply that begin and next did not ask for.
var errStep = errors.New("unexpected reply")

func unexpected(cmd goredis.Cmder) error { return fmt.Errorf("%w to %s", errStep, cmd.Name()) }
