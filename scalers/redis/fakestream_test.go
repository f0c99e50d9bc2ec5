package redis_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An id is the id of an entry in a stream of the fake.
type id struct{ ms, seq uint64 }

func parseID(s string) id {
	ms, seq, _ := strings.Cut(s, "-")
	var i id
	i.ms, _ = strconv.ParseUint(ms, 10, 64)
	i.seq, _ = strconv.ParseUint(seq, 10, 64)
	return i
}

func (i id) String() string { return fmt.Sprintf("%d-%d", i.ms, i.seq) }

func (i id) compare(other id) int {
	return slices.Compare([]uint64{i.ms, i.seq}, []uint64{other.ms, other.seq})
}

// A stream of the fake keeps the counters of Redis 7.0, and derives from them
// the lag that it reports.
type stream struct {
	entries    []id
	last       id
	maxDeleted id
	added      int
	groups     map[string]*consumers
	old        bool   // as a server before Redis 7, which reports no lag
	body       string // of every entry, without which it is a short one
}

// consumers are a consumer group of the fake.
type consumers struct {
	delivered id
	read      int // -1 if not known
	pending   map[id]bool
}

// newStream returns a stream with n entries, and a group that was delivered
// the first ones of them.
func newStream(n, delivered int) *stream {
	s := &stream{groups: make(map[string]*consumers)}
	for i := range n {
		s.add(id{uint64(i) + 1, 0})
	}
	s.groups[group] = &consumers{read: -1, pending: make(map[id]bool)}
	s.deliver(s.groups[group], delivered)
	return s
}

func (s *stream) add(i id) {
	s.entries, s.last = append(s.entries, i), i
	s.added++
}

// trim leaves the last n entries. Redis keeps no trace of the others.
func (s *stream) trim(n int) int {
	gone := max(len(s.entries)-n, 0)
	s.entries = s.entries[gone:]
	return gone
}

func (s *stream) remove(i id) int {
	at, found := slices.BinarySearchFunc(s.entries, i, id.compare)
	if !found {
		return 0
	}
	s.entries = slices.Delete(s.entries, at, at+1)
	if i.compare(s.maxDeleted) > 0 {
		s.maxDeleted = i
	}
	return 1
}

// from returns the entries that are not before i.
func (s *stream) from(i id) []id {
	at, _ := slices.BinarySearchFunc(s.entries, i, id.compare)
	return s.entries[at:]
}

func (s *stream) deliver(g *consumers, n int) (delivered []id) {
	next := s.from(id{g.delivered.ms, g.delivered.seq + 1})
	for _, i := range next[:min(n, len(next))] {
		if g.read >= 0 && !s.deletedBehind(i) {
			g.read++
		} else {
			g.read = s.rank(i)
		}
		g.delivered, g.pending[i] = i, true
		delivered = append(delivered, i)
	}
	return delivered
}

// deletedBehind is Redis' streamRangeHasTombstones.
func (s *stream) deletedBehind(i id) bool {
	return len(s.entries) > 0 && s.maxDeleted.compare(s.entries[0]) >= 0 && i.compare(s.maxDeleted) <= 0
}

// rank is Redis' streamEstimateDistanceFromFirstEverEntry: how many entries
// were ever added up to i, or -1.
func (s *stream) rank(i id) int {
	last := i.compare(s.last)
	switch {
	case s.added == 0:
		return 0
	case len(s.entries) == 0 && last <= 0:
		return s.added
	case last == 0:
		return s.added
	case last > 0 || s.maxDeleted != id{} && s.maxDeleted.compare(s.entries[0]) >= 0:
		return -1
	case i.compare(s.entries[0]) < 0:
		return s.added - len(s.entries)
	case i == s.entries[0]:
		return s.added - len(s.entries) + 1
	}
	return -1
}

func (s *stream) lag(g *consumers) any {
	if s.added == 0 {
		return 0
	}
	read := g.read
	if read < 0 || s.deletedBehind(g.delivered) {
		read = s.rank(g.delivered)
	}
	if read < 0 {
		return nil
	}
	return s.added - read
}

// do answers the commands for streams that exist.
func (s *stream) do(name string, args []string) any {
	switch name {
	case "xlen":
		return len(s.entries)
	case "xadd": // key id field value
		s.add(parseID(args[1]))
		return args[1]
	case "xtrim": // key maxlen = n
		n, _ := strconv.Atoi(args[3])
		return s.trim(n)
	case "xdel": // key id
		return s.remove(parseID(args[1]))
	case "xgroup": // create key group id
		s.groups[args[2]] = &consumers{delivered: parseID(args[3]), read: -1, pending: make(map[id]bool)}
		return status("OK")
	case "xinfo":
		if strings.EqualFold(args[0], "stream") {
			return s.info()
		}
		return s.infoGroups()
	case "xrange": // key from + count n
		n, _ := strconv.Atoi(args[4])
		found := s.from(parseID(args[1]))
		return s.replies(found[:min(n, len(found))])
	case "eval": // script 1 key from page most
		most, _ := strconv.Atoi(args[5])
		found := s.from(parseID(args[3]))
		if found = found[:min(most, len(found))]; len(found) == 0 {
			return []any{0, args[3]}
		}
		return []any{len(found), found[len(found)-1].String()}
	}
	return s.doGroup(name, args)
}

// doGroup answers the commands for groups.
func (s *stream) doGroup(name string, args []string) any {
	g := s.groups[args[1]]
	if g == nil {
		return noGroup(args)
	}
	switch name {
	case "xack": // key group id
		acknowledged := 0
		if i := parseID(args[2]); g.pending[i] {
			delete(g.pending, i)
			acknowledged++
		}
		return acknowledged
	case "xpending":
		if len(g.pending) == 0 {
			return []any{0, nil, nil, nil}
		}
		n := len(g.pending)
		return []any{n, "1-0", "2-0", []any{[]any{"consumer", strconv.Itoa(n)}}}
	case "xreadgroup": // group g consumer count n streams key >
		n, _ := strconv.Atoi(args[4])
		delivered := s.deliver(g, n)
		if len(delivered) == 0 {
			return nil
		}
		return []any{[]any{args[6], s.replies(delivered)}}
	}
	return failure("ERR unknown command '" + name + "'")
}

func (s *stream) infoGroups() any {
	groups := []any{}
	for name, g := range s.groups {
		fields := []any{"name", name, "consumers", 1, "pending", len(g.pending), "last-delivered-id", g.delivered.String()}
		if !s.old {
			var read any
			if g.read >= 0 {
				read = g.read
			}
			fields = append(fields, "entries-read", read, "lag", s.lag(g))
		}
		groups = append(groups, fields)
	}
	return groups
}

func (s *stream) info() any {
	var first, last any
	if n := len(s.entries); n > 0 {
		first, last = s.replies(s.entries[:1])[0], s.replies(s.entries[n-1:])[0]
	}
	fields := []any{"length", len(s.entries), "radix-tree-keys", 1, "radix-tree-nodes", 2, "last-generated-id", s.last.String()}
	if !s.old {
		fields = append(fields, "max-deleted-entry-id", s.maxDeleted.String(), "entries-added", s.added)
	}
	return append(fields, "groups", len(s.groups), "first-entry", first, "last-entry", last)
}

func (s *stream) replies(ids []id) []any {
	body := cmp.Or(s.body, "value")
	entries := make([]any, len(ids))
	for i, entry := range ids {
		entries[i] = []any{entry.String(), []any{"field", body}}
	}
	return entries
}
