package main

import "sync"

// A ledger has an entry for each message, to tell what became of it.
type ledger struct {
	mu      sync.Mutex
	came    map[string]int // how often each result came out, also before it did
	rest    int            // messages that nobody transformed
	strange int            // results of nothing that was published
}

// A balance is a ledger in numbers.
type balance struct {
	published int
	verified  int // came out once or more often, as they should
	doubled   int // came out more than once
	strange   int // came out and had not gone in
	rest      int // were left in the inbound queue
}

// open is what was published and has not come out.
func (b balance) open() int { return b.published - b.verified - b.rest }

// publish expects the results of messages, which are about to be published.
func (l *ledger) publish(messages []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.came == nil {
		l.came = make(map[string]int)
	}
	for _, m := range messages {
		l.came[transform(m)] = 0
	}
}

// verify ticks results off.
func (l *ledger) verify(results []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		if _, expected := l.came[r]; expected {
			l.came[r]++
		} else {
			l.strange++
		}
	}
}

// leave notes messages that were left in the inbound queue. One whose result
// came out as well is doubled.
func (l *ledger) leave(messages []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		r := transform(m)
		if n, expected := l.came[r]; !expected {
			l.strange++
		} else if n > 0 {
			l.came[r]++
		} else {
			l.rest++
		}
	}
}

func (l *ledger) balance() balance {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := balance{published: len(l.came), strange: l.strange, rest: l.rest}
	for _, n := range l.came {
		if n > 0 {
			b.verified++
		}
		if n > 1 {
			b.doubled++
		}
	}
	return b
}
