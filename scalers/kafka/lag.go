package kafka

import (
	"sync"
	"time"
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

// level returns the lag to scale by and the lag that decides on activity. The
// former leaves out the partitions for which stuck is true, and is limited to
// what keeps as many replicas busy as there are partitions for.
func (l *Lag) level(positions []position, stuck func(position) bool) (value, activity float64) {
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
	value, activity = float64(total), float64(all)
	threshold := float64(l.LagThreshold)
	if l.EnsureEvenDistributionOfPartitions && value > 0 {
		value = threshold * float64(evenReplicas(value/threshold, len(positions)))
	}
	switch {
	case l.LimitToPartitionsWithLag:
		value = min(value, threshold*float64(withLag))
	case !l.AllowIdleConsumers:
		value = min(value, threshold*float64(len(positions)))
	}
	return value, activity
}

// evenReplicas returns the least number of replicas that is not less than want
// and gives each the same number of partitions.
func evenReplicas(want float64, partitions int) int {
	for n := 1; n < partitions; n++ {
		if partitions%n == 0 && float64(n) >= want {
			return n
		}
	}
	return partitions
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
