package redis

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	goredis "github.com/redis/go-redis/v9"
)

// A lagQuery reads the number of entries in a stream that were not delivered
// to a consumer group yet.
//
//   - A stream that does not exist has no lag.
//   - To a group that does not exist, all entries are still to be delivered.
//   - A lag of 0 is the server's word. Any other may count entries that were
//     trimmed or deleted before they could be delivered, so it takes a backlog
//     to find the true one.
type lagQuery struct {
	stream, group string
	noScript      atomic.Bool // the server refuses to run scripts
}

func (q *lagQuery) begin(ctx context.Context) goredis.Cmder {
	// The client has a typed form of this command, but that cannot tell a lag
	// of 0 from one that the server does not report.
	return q.xinfo(ctx, "groups")
}

func (q *lagQuery) xinfo(ctx context.Context, what string) goredis.Cmder {
	cmd := goredis.NewSliceCmd(ctx, "xinfo", what, q.stream)
	cmd.SetFirstKeyPos(2)
	return cmd
}

func (q *lagQuery) next(ctx context.Context, last goredis.Cmder) (float64, step, error) {
	switch last := last.(type) {
	case *goredis.SliceCmd:
		if last.Err() != nil {
			if isNoSuchKey(last.Err()) {
				return 0, step{}, nil
			}
			return 0, step{}, last.Err()
		}
		return q.lag(ctx, last.Val())
	case *goredis.IntCmd:
		return float64(last.Val()), step{}, last.Err()
	}
	return 0, step{}, unexpected(last)
}

// lag finds the group in the reply to XINFO GROUPS.
func (q *lagQuery) lag(ctx context.Context, groups []any) (float64, step, error) {
	for _, g := range groups {
		fields, err := fieldsOf(g, "a consumer group")
		if err != nil {
			return 0, step{}, err
		}
		if fields["name"] != q.group {
			continue
		}
		lag, reported := fields["lag"].(int64)
		if reported && lag == 0 {
			return 0, step{}, nil
		}
		delivered, err := parseEntryID(fields["last-delivered-id"])
		if err != nil {
			return 0, step{}, err
		}
		return 0, step{
			cmd:  q.xinfo(ctx, "stream"),
			then: &backlog{query: q, delivered: delivered, reported: lag, moves: infoMoves},
		}, nil
	}
	return 0, step{cmd: goredis.NewIntCmd(ctx, "xlen", q.stream), then: q}, nil
}

// fieldsOf reads a list of names and values, which describes what.
func fieldsOf(described any, what string) (map[string]any, error) {
	list, ok := described.([]any)
	if !ok || len(list)%2 != 0 {
		return nil, fmt.Errorf("the server describes %s as %v", what, described)
	}
	fields := make(map[string]any, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		if name, ok := list[i].(string); ok {
			fields[name] = list[i+1]
		}
	}
	return fields, nil
}

// isNoSuchKey recognises the answer to XINFO about a key that does not exist,
// which has no code of its own.
func isNoSuchKey(err error) bool {
	return hasCode(err, "ERR") && strings.Contains(err.Error(), "no such key")
}

func (q *lagQuery) String() string {
	return fmt.Sprintf("lag of group %q in stream %q", q.group, q.stream)
}
