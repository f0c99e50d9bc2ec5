package redis

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	_ "embed"
)

const (
	// maxCounted is how many entries are counted at most.
	maxCounted = 10_000

	// A script keeps the server from everything else while it runs, and a page
	// is held in memory here. Both are measured in bytes of entries, and there
	// are at least minPage entries in one, however large these are.
	scriptBytes      = 8 << 20   // of one run
	scriptPageBytes  = 256 << 10 // of one page within a run
	pageBytes        = 1 << 20   // of one page that is sent to us
	minPage, maxPage = 10, 1_000
	minEntryBytes    = 512 // what an entry takes, even if it is nearly empty

	// infoMoves is for the reply to XINFO STREAM, which has two whole entries.
	infoMoves = 16 << 10
)

// A backlog is one reading of a lag that the server reported as other than 0,
// or did not report. The server's figure is the number of entries ever added
// less those ever read, so it is too high by each entry that was trimmed or
// deleted without having been read.
type backlog struct {
	delivered entryID // to the group, and all before it
	reported  int64   // by the server; 0 or less is of no use

	// Of the stream, for the count:
	generated  entryID // to which nothing is added that counts
	length     int64
	entryBytes int64 // size of an entry, about

	counted int64   // entries behind delivered so far
	from    entryID // the last one of them
	asked   int64   // further ones that the last command counts at most
}

// compare reads the reply to XINFO STREAM, which makes a count unnecessary
// where the group has read everything or nothing that the stream holds, and
// where the stream still holds all that was ever added.
func (b *backlog) compare(ctx context.Context, c *client, q question, reply goredis.Cmder) (step, error) {
	fields, err := fieldsOf(reply.(*goredis.SliceCmd).Val(), "a stream")
	if err != nil {
		return step{}, err
	}
	length, ok := fields["length"].(int64)
	if !ok {
		return step{}, errors.New("the server does not report the length of the stream")
	}
	generated, err := parseEntryID(fields["last-generated-id"])
	if err != nil {
		return step{}, err
	}
	if length == 0 || !b.delivered.before(generated) {
		return step{}, nil
	}
	first, firstBytes, err := readEntry(fields["first-entry"])
	if err != nil {
		return step{}, err
	}
	_, lastBytes, err := readEntry(fields["last-entry"])
	if err != nil {
		return step{}, err
	}
	switch added, _ := fields["entries-added"].(int64); {
	case b.delivered.before(first):
		return step{value: length}, nil
	case added == length && 0 < b.reported && b.reported <= length:
		return step{value: b.reported}, nil
	}
	b.from, b.generated, b.length = b.delivered, generated, length
	b.entryBytes = max((firstBytes+lastBytes)/2, minEntryBytes)
	return b.count(ctx, c, q), nil
}

// countScript counts entries where they are, in pages that it drops, and
// returns their number and the last one's id. Its arguments are where to
// begin, the entries in a page and the most to count. Its commands are written
// out, since some servers refuse computed ones.
//
//go:embed count.lua
var countScript string

// count asks for the number of further entries behind b.from.
func (b *backlog) count(ctx context.Context, c *client, q question) step {
	left := maxCounted - b.counted
	fit := func(bytes, most int64) int64 { return min(max(bytes/b.entryBytes, minPage), most) }
	var next step
	if c.noScript.Load() {
		b.asked = fit(pageBytes, min(maxPage, left))
		next = step{cmd: goredis.NewXMessageSliceCmd(ctx, "xrange", q.key, b.from.next(), "+", "count", b.asked), then: b.page}
	} else {
		b.asked = fit(scriptBytes, left)
		eval := goredis.NewSliceCmd(ctx, "eval", countScript, 1, q.key, b.from.next(), fit(scriptPageBytes, maxPage), b.asked)
		eval.SetFirstKeyPos(3)
		next = step{cmd: eval, then: b.run}
	}
	next.moves = max(min(b.asked, b.ceiling()-b.counted), 0) * b.entryBytes
	return next
}

// run reads the reply to countScript. Where the server does not run it, what
// the script would have counted is sent to us instead.
func (b *backlog) run(ctx context.Context, c *client, q question, reply goredis.Cmder) (step, error) {
	counted, err := reply.(*goredis.SliceCmd).Result()
	if goredis.IsPermissionError(err) || hasCode(err, "ERR") {
		c.noScript.Store(true)
		return b.count(ctx, c, q), nil
	}
	if err != nil {
		return step{}, err
	}
	if len(counted) == 2 {
		if n, ok := counted[0].(int64); ok {
			return b.add(ctx, c, q, n, counted[1])
		}
	}
	return step{}, fmt.Errorf("the server says %v for a number of entries and the last one's id", counted)
}

// page reads the reply to XRANGE.
func (b *backlog) page(ctx context.Context, c *client, q question, reply goredis.Cmder) (step, error) {
	entries, err := reply.(*goredis.XMessageSliceCmd).Result()
	if err != nil || len(entries) == 0 {
		return step{value: b.counted}, err
	}
	return b.add(ctx, c, q, int64(len(entries)), entries[len(entries)-1].ID)
}

// add adds n entries, up to that with the given id, to those counted. It goes
// on if there may be more.
func (b *backlog) add(ctx context.Context, c *client, q question, n int64, id any) (step, error) {
	var err error
	if b.from, err = parseEntryID(id); err != nil {
		return step{}, err
	}
	b.counted += n
	switch {
	case n < b.asked, !b.from.before(b.generated):
		return step{value: b.counted}, nil
	case b.counted < maxCounted:
		return b.count(ctx, c, q), nil
	case b.reported > 0:
		return step{value: max(b.counted, b.ceiling())}, nil
	}
	return step{value: b.counted}, nil
}

// ceiling is what the lag is at most.
func (b *backlog) ceiling() int64 {
	if b.reported > 0 {
		return min(b.reported, b.length)
	}
	return b.length
}

// readEntry returns the id of an entry, and the bytes of its fields.
func readEntry(entry any) (entryID, int64, error) {
	list, ok := entry.([]any)
	if !ok || len(list) != 2 {
		return entryID{}, 0, fmt.Errorf("the server describes an entry as %v", entry)
	}
	id, err := parseEntryID(list[0])
	var bytes int
	fields, _ := list[1].([]any)
	for _, f := range fields {
		text, _ := f.(string)
		bytes += len(text)
	}
	return id, int64(bytes), err
}
