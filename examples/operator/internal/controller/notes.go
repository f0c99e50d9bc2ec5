package controller

import (
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// noteEvery is how long after a note of a source its next one is told.
const noteEvery = 10 * time.Minute

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
		Note:     shorten(strings.Join(strings.Fields(r.Note), " "), messageLimit),
	}
	if r.Limit == 0 && r.Value == 0 {
		now.Limit = before.Limit
	}
	return now
}

// Notes are the notes of sources that have been told, by the metrics of their
// triggers.
type Notes map[string]toldNote

type toldNote struct {
	words string
	at    time.Time // zero: by an earlier process
}

// NotesOf returns the notes that a status has. They have been told.
func NotesOf(status map[string]v1alpha1.TriggerActivityStatus) Notes {
	n := make(Notes, len(status))
	for metric, a := range status {
		n[metric] = toldNote{words: words(a.Note)}
	}
	return n
}

// News says whether the note of a source that was read is to be told now: it has
// other words than the last one, and that is a while ago. Numbers are no words:
// they may be others in every round.
func (n Notes) News(metric, note string, now time.Time) bool {
	last, text := n[metric], words(note)
	if text == last.words {
		return false
	}
	if text == "" {
		n[metric] = toldNote{at: last.at}
		return false
	}
	if !last.at.IsZero() && now.Sub(last.at) < noteEvery {
		return false
	}
	n[metric] = toldNote{text, now}
	return true
}

// words returns a text without its digits.
func words(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
