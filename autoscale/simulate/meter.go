package simulate

import "time"

// A meter adds up what becomes the Result.
type meter struct {
	Result
	max int // replicas of the policy; 0 is not known

	waits     []int64 // messages by the ticks that they waited
	longest   int     // ticks
	longestTo int     // the tick in which they were taken

	before     int // replicas at the point before
	direction  int // of the last change
	lastChange time.Duration
	shortage   *Shortage // that is not over
	seen       bool      // that it was
}

func newMeter(s Scenario, ticks, most int) *meter {
	m := &meter{max: most, before: s.Replicas, longest: -1}
	m.Length, m.Tick = s.Length, s.Tick
	m.Series = make([]Point, 0, ticks)
	return m
}

// waited notes that messages waited from one tick to another.
func (m *meter) waited(from, to int, n int64) {
	ticks := to - from
	for len(m.waits) <= ticks {
		m.waits = append(m.waits, 0)
	}
	m.waits[ticks] += n
	if ticks > m.longest {
		m.longest, m.longestTo = ticks, to
	}
}

// enough says that there are about as many replicas as wanted.
func enough(replicas, wanted int) bool { return 11*replicas >= 10*wanted }

// begins notes what there was at the begin of a tick, before anything is decided:
// a Shortage that begins now is seen by a poll that is due now.
func (m *meter) begins(at time.Duration, replicas, wanted int) {
	if m.shortage == nil && wanted > replicas && wanted >= 2*replicas {
		m.shortage, m.seen = &Shortage{At: at}, false
	}
	if m.shortage != nil {
		m.shortage.Wanted = max(m.shortage.Wanted, wanted)
	}
}

// polled notes that a source was read.
func (m *meter) polled(at time.Duration) {
	if m.shortage != nil && !m.seen {
		m.shortage.Seen, m.seen = at, true
	}
}

// point notes the state of the world for a tick.
func (m *meter) point(p Point, outage bool) {
	m.Series = append(m.Series, p)
	m.BacklogSeconds += float64(p.Waiting) * m.Tick.Seconds()
	m.ReplicaSeconds += float64(p.Exist) * m.Tick.Seconds()
	m.Peak = max(m.Peak, p.Replicas)
	if m.max > 0 && p.Replicas >= m.max {
		m.AtMax += m.Tick
	}
	if enough(p.Replicas, p.Wanted) {
		if m.shortage != nil {
			m.close(p.At)
		}
	} else {
		m.Short += m.Tick
		if outage {
			m.ShortInOutages += m.Tick
		}
	}
	if p.Replicas != m.before {
		m.change(p)
	}
}

// close notes that a Shortage is over.
func (m *meter) close(at time.Duration) {
	if !m.seen {
		m.shortage.Seen = at
	}
	m.shortage.Right = at
	m.Shortages = append(m.Shortages, *m.shortage)
	m.shortage = nil
}

// change notes that there should be another number of replicas than before.
func (m *meter) change(p Point) {
	direction := 1
	if p.Replicas < m.before {
		direction = -1
	}
	if m.Changes > 0 && direction != m.direction && p.At-m.lastChange < FlapWithin {
		m.Flaps++
	}
	m.Changes++
	m.before, m.direction, m.lastChange = p.Replicas, direction, p.At
}

// result ends it all.
func (m *meter) result(q *queue, ticks int) Result {
	q.begin(ticks)
	q.remaining(func(from int, n int64) { m.waited(from, ticks, n) })
	if m.shortage != nil {
		m.close(m.Length)
	}
	m.Arrived, m.Done, m.InFlight, m.Waiting = q.arrived, q.done, q.allInFlight, q.allWaiting
	m.P50Wait, m.P95Wait, m.P99Wait = m.percentile(0.5), m.percentile(0.95), m.percentile(0.99)
	if m.longest >= 0 {
		m.MaxWait = time.Duration(m.longest) * m.Tick
		m.LongestTo = time.Duration(m.longestTo) * m.Tick
		m.LongestFrom = m.LongestTo - m.MaxWait
	}
	return m.Result
}

// percentile returns the least wait that a part of the messages waited at most.
func (m *meter) percentile(part float64) time.Duration {
	var all, sum int64
	for _, n := range m.waits {
		all += n
	}
	for ticks, n := range m.waits {
		if sum += n; n > 0 && float64(sum) >= part*float64(all) {
			return time.Duration(ticks) * m.Tick
		}
	}
	return 0
}
