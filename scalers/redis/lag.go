package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// maxCounted is how many entries are counted where the server does not know
// the lag.
const maxCounted = 10_000

// A lagQuery reads the number of entries in a stream that were not delivered
// to a consumer group yet.
//
//   - A stream that does not exist has no lag.
//   - To a group that does not exist, all entries are still to be delivered.
//   - Where the server does not know the lag, as after entries were deleted,
//     the entries behind the last delivered one are counted, up to maxCounted.
type lagQuery struct{ stream, group string }

func (q *lagQuery) begin(ctx context.Context) goredis.Cmder {
	// The client has a typed form of this command, but that cannot tell a lag
	// of 0 from one that the server does not report.
	cmd := goredis.NewSliceCmd(ctx, "xinfo", "groups", q.stream)
	cmd.SetFirstKeyPos(2)
	return cmd
}

func (q *lagQuery) next(ctx context.Context, last goredis.Cmder) (float64, goredis.Cmder, error) {
	switch last := last.(type) {
	case *goredis.SliceCmd:
		if last.Err() != nil {
			if isNoSuchKey(last.Err()) {
				return 0, nil, nil
			}
			return 0, nil, last.Err()
		}
		return q.lag(ctx, last.Val())
	case *goredis.IntCmd:
		return float64(last.Val()), nil, last.Err()
	case *goredis.XMessageSliceCmd:
		return float64(len(last.Val())), nil, last.Err()
	}
	return 0, nil, unexpected(last)
}

// lag finds the group in the reply to XINFO GROUPS.
func (q *lagQuery) lag(ctx context.Context, groups []any) (float64, goredis.Cmder, error) {
	for _, g := range groups {
		fields, err := fieldsOf(g)
		if err != nil {
			return 0, nil, err
		}
		if fields["name"] != q.group {
			continue
		}
		lag, reported := fields["lag"]
		if !reported {
			return 0, nil, errors.New("the server does not report the lag of consumer groups: Redis 7 or later is needed")
		}
		if lag != nil {
			n, ok := lag.(int64)
			if !ok || n < 0 {
				return 0, nil, fmt.Errorf("the server reports a lag of %v", lag)
			}
			return float64(n), nil, nil
		}
		delivered, ok := fields["last-delivered-id"].(string)
		if !ok {
			return 0, nil, errors.New("the server reports neither the lag nor the last delivered entry")
		}
		return 0, goredis.NewXMessageSliceCmd(ctx, "xrange", q.stream, "("+delivered, "+", "count", maxCounted), nil
	}
	return 0, goredis.NewIntCmd(ctx, "xlen", q.stream), nil
}

// fieldsOf reads one group, a list of names and values.
func fieldsOf(group any) (map[string]any, error) {
	list, ok := group.([]any)
	if !ok || len(list)%2 != 0 {
		return nil, fmt.Errorf("the server describes a consumer group as %v", group)
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
