package redis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

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
