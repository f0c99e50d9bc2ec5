package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A summary is what is left of a show when it has ended.
type summary struct {
	balance
	accounted   bool // for what was left in the queues
	transformed int
	took        time.Duration
	bursts      []burst
	peak        int
	min, max    int
}

func (s *show) summary() summary {
	n, _ := s.pool.transformed()
	return summary{
		balance:     s.ledger.balance(),
		accounted:   s.accounted,
		transformed: n,
		took:        s.took,
		bursts:      s.watch.bursts,
		peak:        s.watch.peak,
		min:         s.cfg.min,
		max:         s.cfg.max,
	}
}

// sound says that no message was lost or doubled.
func (s summary) sound() bool {
	return s.accounted && s.open() == 0 && s.doubled == 0 && s.strange == 0
}

// String returns the summary in some lines.
func (s summary) String() string {
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "  %-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&text, "\n%s in %.1f s\n\n", count(len(s.bursts), "burst"), s.took.Seconds())
	line("published", "%s", count(s.published, "message"))
	line("transformed", "%d", s.transformed)
	if s.accounted {
		line("verified", "%d, lost %d, doubled %d", s.verified, s.open(), s.doubled)
	} else {
		line("verified", "%d, doubled %d; what became of %d is not known", s.verified, s.doubled, s.open())
	}
	if s.strange > 0 {
		line("unexpected", "%d", s.strange)
	}
	if s.rest > 0 {
		line("left over", "%d were still in the queue", s.rest)
	}
	line("first worker", "%s", s.times("after a burst began", func(b burst) time.Duration { return b.first }))
	line("right size", "%s", s.times("after a burst began", func(b burst) time.Duration { return b.right }))
	line("peak", "%s of at most %d", count(s.peak, "worker"), s.max)
	line(fmt.Sprintf("back to %d", s.min), "%s", s.times("after its last message was done", func(b burst) time.Duration { return b.back }))
	return text.String()
}

// times returns the median of a time of all bursts, and how far it goes.
func (s summary) times(since string, of func(burst) time.Duration) string {
	var all []time.Duration
	for _, b := range s.bursts {
		if d := of(b); d > 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return "-"
	}
	slices.Sort(all)
	text := fmt.Sprintf("%.2f s %s", all[len(all)/2].Seconds(), since)
	if len(all) > 1 {
		text += fmt.Sprintf(" (%.2f to %.2f s)", all[0].Seconds(), all[len(all)-1].Seconds())
	}
	return text
}

// count returns a number with its unit.
func count(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
