package simulate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Objective is what a policy is to achieve. Each limit is one to keep to, and a
// zero asks for nothing.
type Objective struct {
	P50Wait, P95Wait, P99Wait, MaxWait time.Duration // of messages

	// RightSize is for how long any [Shortage] may last, from its begin.
	RightSize time.Duration

	ReplicaSeconds float64
}

// Meets returns nil if the result meets the objective. Otherwise the error says what
// does not, and shows the decisions around the worst moment: of the longest wait if a
// wait is too long, else of the longest shortage, else of the most replicas.
func (r *Result) Meets(o Objective) error {
	var missed []error
	for _, w := range []struct {
		name        string
		is, allowed time.Duration
	}{
		{"P50Wait", r.P50Wait, o.P50Wait},
		{"P95Wait", r.P95Wait, o.P95Wait},
		{"P99Wait", r.P99Wait, o.P99Wait},
		{"MaxWait", r.MaxWait, o.MaxWait},
	} {
		if w.allowed > 0 && w.is > w.allowed {
			missed = append(missed, fmt.Errorf("%s: %v is longer than %v", w.name, w.is, w.allowed))
		}
	}
	worst := r.worstWait
	if len(missed) == 0 {
		worst = r.mostReplicas
	}
	if _, longest := r.RightSize(); o.RightSize > 0 && longest > o.RightSize {
		if len(missed) == 0 {
			worst = r.worstShortage
		}
		missed = append(missed, fmt.Errorf("RightSize: %v is longer than %v", longest, o.RightSize))
	}
	if o.ReplicaSeconds > 0 && r.ReplicaSeconds > o.ReplicaSeconds {
		missed = append(missed, fmt.Errorf("ReplicaSeconds: %.0f are more than %.0f", r.ReplicaSeconds, o.ReplicaSeconds))
	}
	if len(missed) == 0 {
		return nil
	}
	return fmt.Errorf("%w\n%s", errors.Join(missed...), worst())
}

// Worst tells of the message that waited longest, and of the decisions meanwhile.
func (r *Result) Worst() string { return r.worstWait() }

func (r *Result) worstWait() string {
	return fmt.Sprintf("The longest wait was %v, from %v to %v:\n", r.MaxWait, r.LongestFrom, r.LongestTo) +
		r.decisions(r.LongestFrom, r.LongestTo)
}

func (r *Result) worstShortage() string {
	var worst Shortage
	for _, s := range r.Shortages {
		if s.Right-s.At > worst.Right-worst.At {
			worst = s
		}
	}
	return fmt.Sprintf("The longest shortage was from %v to %v, with %d replicas called for:\n", worst.At, worst.Right, worst.Wanted) +
		r.decisions(worst.At, worst.Right)
}

func (r *Result) mostReplicas() string {
	var worst Point
	for _, p := range r.Series {
		if p.Exist > worst.Exist {
			worst = p
		}
	}
	return fmt.Sprintf("The most replicas were %d, at %v:\n", worst.Exist, worst.At) + r.decisions(worst.At, worst.At)
}

// shown is how many decisions are shown.
const shown = 8

// decisions shows the last decision before a time and those up to another one, but
// only those in the middle that changed something.
func (r *Result) decisions(from, to time.Duration) string {
	var within []*Round
	for i := range r.Rounds {
		round := &r.Rounds[i]
		switch {
		case round.At < from && len(within) > 0:
			within[0] = round
		case round.At <= to:
			within = append(within, round)
		}
	}
	var lines []string
	omitted := 0
	for i, round := range within {
		before, after := round.Change()
		if i > 0 && i < len(within)-1 && before == after {
			continue
		}
		if len(lines) >= shown-1 && i < len(within)-1 {
			omitted++
			continue
		}
		if omitted > 0 {
			lines = append(lines, fmt.Sprintf("(%d more changes)", omitted))
		}
		p := r.Series[min(int(round.At/r.Tick), len(r.Series)-1)]
		lines = append(lines, fmt.Sprintf("%v %s: %d -> %d, with %d waiting\n\t%s",
			round.At, round.By, before, after, p.Waiting, strings.ReplaceAll(round.Reasons(), "\n", "\n\t")))
	}
	if len(lines) == 0 {
		return "no decision"
	}
	return strings.Join(lines, "\n")
}
