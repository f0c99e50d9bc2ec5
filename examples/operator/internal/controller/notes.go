package controller

import (
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// noteInterval is how long after a note of a source its next one is reported.
const noteInterval = 10 * time.Minute

// Activity returns what a status says of a trigger after a round; before is what
// it said. A source that fails, or has nothing to do, is taken to have the limit
// that it stated last.
func Activity(s autoscale.Sample, before v1alpha1.TriggerActivityStatus) v1alpha1.TriggerActivityStatus {
	if s.Err != nil {
		return v1alpha1.TriggerActivityStatus{Limit: before.Limit}
	}
	r := s.Reading
	now := v1alpha1.TriggerActivityStatus{
		IsActive: r.IsActive(s.Metric),
		Limit:    int32(min(max(r.Limit, 0), math.MaxInt32)),
		Note:     line.Cut(line.Of(r.Note), messageLimit),
	}
	if r.Limit == 0 && r.Value == 0 {
		now.Limit = before.Limit
	}
	return now
}

// Notes are the notes of sources that have been reported, by the metrics of their
// triggers.
type Notes map[string]reportedNote

type reportedNote struct {
	text string    // without digits
	at   time.Time // zero: by an earlier process
}

// NotesOf returns the notes that a status has. They have been reported.
func NotesOf(status map[string]v1alpha1.TriggerActivityStatus) Notes {
	n := make(Notes, len(status))
	for metric, a := range status {
		n[metric] = reportedNote{text: withoutDigits(a.Note)}
	}
	return n
}

// News says whether the note of a source that was read is to be reported now: it has
// other words than the last one, and that is a while ago. Numbers are no words:
// they may be others in every round.
func (n Notes) News(metric, note string, now time.Time) bool {
	last, text := n[metric], withoutDigits(note)
	if text == last.text {
		return false
	}
	if text == "" {
		n[metric] = reportedNote{at: last.at}
		return false
	}
	if !last.at.IsZero() && now.Sub(last.at) < noteInterval {
		return false
	}
	n[metric] = reportedNote{text, now}
	return true
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
