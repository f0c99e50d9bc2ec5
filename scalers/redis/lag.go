package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// xinfo asks about a stream.
func xinfo(ctx context.Context, what string, q question, then reader) step {
	// The client has a typed form of this command, but that cannot tell a lag
	// of 0 from one that the server does not report.
	cmd := goredis.NewSliceCmd(ctx, "xinfo", what, q.key)
	cmd.SetFirstKeyPos(2)
	return step{cmd: cmd, then: func(ctx context.Context, c *client, q question, _ goredis.Cmder) (step, error) {
		err := cmd.Err()
		if hasCode(err, "ERR") && strings.Contains(err.Error(), "no such key") { // which has no code of its own
			return step{}, nil
		}
		if err != nil {
			return step{}, err
		}
		return then(ctx, c, q, cmd)
	}}
}

// readGroups looks for the group among those of the stream.
//
//   - A stream that does not exist has no lag.
//   - To a group that does not exist, all entries are still to be delivered.
//   - A lag of 0 is the server's word. Any other may count entries that were
//     trimmed or deleted before they could be delivered, so it takes a backlog
//     to find the true one.
func readGroups(ctx context.Context, _ *client, q question, reply goredis.Cmder) (step, error) {
	for _, g := range reply.(*goredis.SliceCmd).Val() {
		fields, err := fieldsOf(g, "a consumer group")
		if err != nil {
			return step{}, err
		}
		if fields["name"] != q.group {
			continue
		}
		reported, ok := fields["lag"].(int64)
		if ok && reported == 0 {
			return step{}, nil
		}
		delivered, err := parseEntryID(fields["last-delivered-id"])
		if err != nil {
			return step{}, err
		}
		b := &backlog{delivered: delivered, reported: reported}
		info := xinfo(ctx, "stream", q, b.compare)
		info.moves = infoMoves
		return info, nil
	}
	return xlen(ctx, q, nil), nil
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

// An entryID is the id of an entry in a stream.
type entryID struct{ ms, seq uint64 }

// parseEntryID reads an id from a reply.
func parseEntryID(id any) (entryID, error) {
	text, _ := id.(string)
	ms, seq, _ := strings.Cut(text, "-")
	var e entryID
	var err error
	if e.ms, err = strconv.ParseUint(ms, 10, 64); err == nil {
		e.seq, err = strconv.ParseUint(seq, 10, 64)
	}
	if err != nil {
		return entryID{}, fmt.Errorf("the server reports %v as the id of an entry", id)
	}
	return e, nil
}

func (e entryID) before(other entryID) bool {
	return e.ms < other.ms || e.ms == other.ms && e.seq < other.seq
}

// next returns the least id behind e. It is for servers before 6.2, which know
// no ranges that leave out their first entry.
func (e entryID) next() string {
	if e.seq == math.MaxUint64 {
		e = entryID{e.ms + 1, 0}
	} else {
		e.seq++
	}
	return fmt.Sprintf("%d-%d", e.ms, e.seq)
}
