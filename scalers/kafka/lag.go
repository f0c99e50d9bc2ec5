package kafka

import (
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
)

// none is the committed offset of a partition that has none.
const none = -1

// A position is what is known of a consumer group in a partition.
type position struct {
	topicPartition
	start, end int64 // of the log
	committed  int64 // by the consumer group; none if it has not committed
}

// lag returns the number of messages that the consumer group has before it.
// Where the log does not reach back to the committed offset, what was deleted
// does not count. Where the committed offset is beyond the end, as after a
// topic was made anew, there is nothing before the group.
func (l *Lag) lag(p position) int64 {
	switch {
	case p.committed != none:
		return max(0, p.end-max(p.committed, p.start))
	case l.ScaleToZeroOnInvalidOffset:
		return 0
	case l.OffsetResetPolicy == "earliest":
		return max(0, p.end-p.start)
	default:
		return 1 // whatever is there: consumers that never run never commit
	}
}

// level returns the lag to scale by, which leaves out the partitions for which
// stuck is true, with the number of replicas that find work, and the lag that
// decides on activity.
func (l *Lag) level(positions []position, stuck func(position) bool) (r scalerkit.Reading, activity float64) {
	var total, all int64
	withLag := 0
	for _, p := range positions {
		lag := l.lag(p)
		all += lag
		if lag > 0 && !stuck(p) {
			total += lag
			withLag++
		}
	}
	r.Value = float64(total)
	switch {
	case l.LimitToPartitionsWithLag:
		r.Limit = withLag
	case l.EnsureEvenDistributionOfPartitions:
		r.Limit, r.Even = len(positions), true
	case !l.AllowIdleConsumers:
		r.Limit = len(positions)
	}
	return r, float64(all)
}

// standstill is how long a committed offset stands still at least before its
// partition counts as stuck. It keeps readings that follow each other closely
// from passing for two rounds of polling.
const standstill = 5 * time.Second

// A memory remembers committed offsets from one reading to the next.
type memory struct {
	mu   sync.Mutex
	seen map[topicPartition]sighting
}

type sighting struct {
	committed int64
	since     time.Time
}

// observe takes note of a reading and returns what tells the partitions whose
// committed offset has not moved for some time. It may be called concurrently.
func (m *memory) observe(positions []position, now time.Time) (stuck func(position) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := make(map[topicPartition]sighting, len(positions))
	for _, p := range positions {
		s, known := m.seen[p.topicPartition]
		if !known || s.committed != p.committed {
			s = sighting{committed: p.committed, since: now}
		}
		seen[p.topicPartition] = s
	}
	m.seen = seen
	return func(p position) bool {
		return p.committed != none && now.Sub(seen[p.topicPartition].since) >= standstill
	}
}
