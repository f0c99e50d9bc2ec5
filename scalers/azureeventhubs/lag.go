package azureeventhubs

import "math"

// A partition is what the hub says of one of its partitions.
type partition struct {
	id    string
	begin int64 // sequence number of the first event that is still there
	last  int64 // sequence number of the last event; -1 if there never was one
	empty bool  // no event is there any more
}

// hasEvents reports whether there is something that may be unprocessed.
func (p *partition) hasEvents() bool { return p.last >= 0 && !p.empty }

// unprocessed returns the number of events behind the checkpoint, which is nil
// if there is none. Events that retention has removed do not count: nobody can
// process them any more.
func (p *partition) unprocessed(checkpoint *int64, staleness int64) int64 {
	if !p.hasEvents() {
		return 0
	}
	there := distance(p.begin-1, p.last)
	if checkpoint == nil {
		return there
	}
	behind := distance(*checkpoint, p.last)
	if behind > math.MaxInt64-staleness {
		return 0 // what the hub says of the partition is older than the checkpoint
	}
	return min(behind, there)
}

// distance returns the number of events after from and up to last. Sequence
// numbers start afresh after the greatest.
func distance(from, last int64) int64 {
	if last >= from {
		return last - from
	}
	return math.MaxInt64 - from + last
}

// sum adds without overflowing.
func sum(counts []int64) (total int64) {
	for _, n := range counts {
		if n > math.MaxInt64-total {
			return math.MaxInt64
		}
		total += n
	}
	return total
}
