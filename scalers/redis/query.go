package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"

	goredis "github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit/driver"
)

// A question is what a trigger wants to know of a key.
type question struct {
	of    figure
	key   any    // a string, in the form in which it goes into commands
	group string // for pending and lag
}

type figure int

const (
	size    figure = iota // elements of whatever the key holds
	length                // entries of a stream
	pending               // entries that were delivered to a consumer group and not acknowledged
	lag                   // entries that were not delivered to a consumer group yet
)

func (q question) String() string {
	switch q.of {
	case length:
		return fmt.Sprintf("length of stream %q", q.key)
	case pending:
		return fmt.Sprintf("pending entries of group %q in stream %q", q.group, q.key)
	case lag:
		return fmt.Sprintf("lag of group %q in stream %q", q.group, q.key)
	}
	return fmt.Sprintf("size of %q", q.key)
}

// A step is a command and the reader of its reply, or without a command the
// value that is the answer.
type step struct {
	cmd   goredis.Cmder
	then  reader
	moves int64 // bytes of data that the server copies for it, about
	value int64
}

// A reader makes the next step of a reply.
type reader func(ctx context.Context, c *client, q question, reply goredis.Cmder) (step, error)

// begin returns the first step to the answer. There is room in args for a command
// of two words.
func (c *client) begin(ctx context.Context, q question, args []any) step {
	switch q.of {
	case length:
		return xlen(ctx, q, args)
	case pending:
		return step{cmd: goredis.NewXPendingCmd(ctx, "xpending", q.key, q.group), then: readPending}
	case lag:
		return xinfo(ctx, "groups", q, readGroups)
	}
	return c.size(ctx, q, args)
}

func xlen(ctx context.Context, q question, args []any) step {
	return step{cmd: goredis.NewIntCmd(ctx, append(args, "xlen", q.key)...), then: readLength}
}

func readLength(_ context.Context, _ *client, _ question, reply goredis.Cmder) (step, error) {
	return step{value: reply.(*goredis.IntCmd).Val()}, reply.Err()
}

func readPending(_ context.Context, _ *client, _ question, reply goredis.Cmder) (step, error) {
	if reply.Err() != nil {
		return step{}, reply.Err()
	}
	return step{value: reply.(*goredis.XPendingCmd).Val().Count}, nil
}

// sizeCommands has the command for each type that has a size. To the server, a
// key that does not exist is an empty one of any type.
var sizeCommands = map[string]any{"list": "llen", "set": "scard", "zset": "zcard", "hash": "hlen", "none": "llen"}

// size takes a key for what it held the last time, at first for a list, so that
// one command is the rule.
func (c *client) size(ctx context.Context, q question, args []any) step {
	command := any("llen")
	if c.others.Load() { // to look up each of ten thousand lists takes its time
		if known, ok := c.sizes.Load(q.key); ok {
			command = known
		}
	}
	return step{cmd: goredis.NewIntCmd(ctx, append(args, command, q.key)...), then: readSize}
}

func readSize(ctx context.Context, _ *client, q question, reply goredis.Cmder) (step, error) {
	if hasCode(reply.Err(), "WRONGTYPE") {
		return step{cmd: goredis.NewStatusCmd(ctx, "type", q.key), then: readType}, nil
	}
	return step{value: reply.(*goredis.IntCmd).Val()}, reply.Err()
}

func readType(ctx context.Context, c *client, q question, reply goredis.Cmder) (step, error) {
	kind, err := reply.(*goredis.StatusCmd).Result()
	command, ok := sizeCommands[kind]
	switch {
	case err != nil:
		return step{}, err
	case !ok:
		return step{}, fmt.Errorf("it is a %s and has no size; want a list, set, zset or hash", kind)
	}
	c.sizes.Store(q.key, command)
	c.others.Store(true)
	return c.size(ctx, q, nil), nil
}

const (
	// maxSteps is more commands than any question takes, unless keys change
	// their type as fast as they are read.
	maxSteps = 4 + maxCounted/minPage

	// maxMoved is how many bytes of data the server copies for one pipeline, so
	// that its replies come in time and fit in memory. A command is sent by
	// itself if it moves more.
	maxMoved = 8 << 20
)

// ask puts the questions to the server, in one pipeline for each step that one
// of them takes, or more if much data moves.
func ask(ctx context.Context, c *client, questions []question) ([]driver.Answer[int64], error) {
	answers := make([]driver.Answer[int64], len(questions))
	steps := make([]step, len(questions))
	open := make([]int, len(questions))   // the questions that steps are for
	args := make([]any, 2*len(questions)) // in one piece, of which there is less to collect
	for i, q := range questions {
		steps[i], open[i] = c.begin(ctx, q, args[2*i:2*i:2*i+2]), i
	}
	for range maxSteps {
		further := 0
		for from, to := 0, 0; from < len(steps); from = to {
			to = from + fitting(steps[from:])
			c.pipeline(ctx, steps[from:to])
			for i := from; i < to; i++ {
				next, err := steps[i].then(ctx, c, questions[open[i]], steps[i].cmd)
				steps[i] = step{} // what was read is not kept
				switch {
				case err != nil:
					answers[open[i]].Err = err
				case next.cmd != nil:
					steps[further], open[further] = next, open[i]
					further++
				default:
					answers[open[i]].Value = next.value
				}
			}
		}
		if further == 0 {
			return answers, nil
		}
		steps, open = steps[:further], open[:further]
	}
	for _, i := range open {
		answers[i].Err = errors.New("the key keeps changing its type")
	}
	return answers, nil
}

// fitting returns how many steps, from the first on, go into one pipeline.
func fitting(steps []step) int {
	var moved int64
	for i := range steps {
		moved += steps[i].moves
		if moved > maxMoved && i > 0 {
			return i
		}
	}
	return len(steps)
}

// pipeline sends the commands together. Each has its own reply or error
// afterwards.
func (c *client) pipeline(ctx context.Context, steps []step) {
	if len(steps) == 1 {
		_ = c.Process(ctx, steps[0].cmd) // the command has the error
		return
	}
	commands := make([]goredis.Cmder, len(steps))
	for i := range steps {
		commands[i] = steps[i].cmd
	}
	pipe := c.Pipeline()
	_ = pipe.BatchProcess(ctx, commands...) // cannot fail before Exec
	_, err := pipe.Exec(ctx)
	// Where no reply came at all, the client may say so to nobody but us, and
	// commands without an error would pass for zeros.
	if err != nil && !slices.ContainsFunc(commands, func(cmd goredis.Cmder) bool { return cmd.Err() != nil }) {
		for _, cmd := range commands {
			cmd.SetErr(err)
		}
	}
}
