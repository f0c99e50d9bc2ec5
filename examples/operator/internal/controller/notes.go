package controller

import (
	"strings"
	"time"
	"unicode"
)

// noteInterval is how long after a note of a source its next one is reported.
const noteInterval = 10 * time.Minute

// Notes are the notes of sources that have been reported, by the metrics of their
// triggers.
type Notes map[string]reportedNote

type reportedNote struct {
	text string    // without digits
	at   time.Time // zero: by an earlier process
}

// NotesOf returns the notes that a status has. They have been reported.
func NotesOf(activities Activities) Notes {
	var n Notes
	for _, a := range activities {
		if a.Note != "" {
			n.set(a.Metric, reportedNote{text: withoutDigits(a.Note)})
		}
	}
	return n
}

func (n *Notes) set(metric string, note reportedNote) {
	if *n == nil { // most objects never have any
		*n = make(Notes)
	}
	(*n)[metric] = note
}

// News says whether the note of a source that was read is to be reported now: it has
// other words than the last one, and that is a while ago. Numbers are no words:
// they may be others in every round.
func (n *Notes) News(metric, note string, now time.Time) bool {
	last, text := (*n)[metric], withoutDigits(note)
	if text == last.text {
		return false
	}
	if text == "" {
		n.set(metric, reportedNote{at: last.at})
		return false
	}
	if !last.at.IsZero() && now.Sub(last.at) < noteInterval {
		return false
	}
	n.set(metric, reportedNote{text, now})
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
