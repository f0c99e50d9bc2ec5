package autoscale

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// A State is what one decision leaves to the next. It is plain data that can
// be marshaled, kept and written as a literal; its times are in UTC. The zero
// value is the state of a workload that is seen for the first time.
type State struct {
	// Since is the time of the first decision, or an earlier one from which
	// Policy.InitialCooldown is to count.
	Since time.Time `json:"since,omitzero"`

	// Found says that Since is the time of the first decision and that the
	// workload had replicas then: what they did before is not known, so the
	// cooldown counts from there.
	Found bool `json:"found,omitempty"`

	// LastActive is the last time that the workload was active, zero if it
	// never was.
	LastActive time.Time `json:"lastActive,omitzero"`

	// LastInactive is the last time that the workload was known to be inactive
	// while it had replicas to lose.
	LastInactive time.Time `json:"lastInactive,omitzero"`

	// Unsure says that it was not known at the last decision whether the
	// workload is active.
	Unsure bool `json:"unsure,omitempty"`

	// Unknown is how long that was not known, since LastActive, or since Since
	// if it never was active. It does not count towards a cooldown.
	Unknown time.Duration `json:"unknown,omitempty"`

	// Recommendations are those that the windows of Up and Down still need,
	// the newest first. Those that a newer one makes irrelevant are left out.
	Recommendations []Recommendation `json:"recommendations,omitempty"`

	// ScaleUps and ScaleDowns are the changes that the limits of Up and Down
	// still count. Going from or to zero or Idle does not count.
	ScaleUps   []ScaleEvent `json:"scaleUps,omitempty"`
	ScaleDowns []ScaleEvent `json:"scaleDowns,omitempty"`

	// Own is for a [Decider] that is no Policy. A Policy keeps it as it is.
	Own json.RawMessage `json:"own,omitempty"`

	// Failures counts the consecutive failures of triggers that fail.
	Failures map[string]int `json:"failures,omitempty"`

	// LastGood holds the last readings of triggers with [LastKnownGood].
	LastGood map[string]GoodReading `json:"lastGood,omitempty"`
}

// A Recommendation is the number of replicas that the readings called for at
// one time, before windows, limits and bounds.
type Recommendation struct {
	Replicas int       `json:"replicas"`
	Time     time.Time `json:"time"`
}

// A ScaleEvent is a change of the number of replicas.
type ScaleEvent struct {
	Change int       `json:"change"` // replicas added or removed: greater than zero
	Time   time.Time `json:"time"`
}

// A GoodReading is a reading kept for the time when its source fails.
// All but Active are the fields of [scalerkit.Reading].
type GoodReading struct {
	Value  float64   `json:"value"`
	Active bool      `json:"active,omitempty"`
	Target float64   `json:"target,omitempty"`
	Limit  int       `json:"limit,omitempty"`
	Even   bool      `json:"even,omitempty"`
	Note   string    `json:"note,omitempty"`
	Time   time.Time `json:"time"`
}

// share returns how replicas share the work of the source.
func (r *GoodReading) share() share { return share{r.Limit, r.Even} }

// plain returns t as it is after a round trip through JSON.
func plain(t time.Time) time.Time { return t.UTC().Round(0) }

// notAfter returns the earlier of t and now. Times from the future come from a
// clock that was set back; taken as they are, they would hold a workload until
// the clock is there again.
func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}

// rewind moves the times of s to now where they lie after it.
func (s *State) rewind(now time.Time) {
	s.Since, s.LastActive, s.LastInactive = notAfter(s.Since, now), notAfter(s.LastActive, now), notAfter(s.LastInactive, now)
	s.Unknown = min(max(s.Unknown, 0), now.Sub(s.start()))
	late := func(e ScaleEvent) bool { return e.Time.After(now) }
	if slices.ContainsFunc(s.ScaleUps, late) || slices.ContainsFunc(s.ScaleDowns, late) {
		s.ScaleUps, s.ScaleDowns = slices.Clone(s.ScaleUps), slices.Clone(s.ScaleDowns)
		for _, events := range [][]ScaleEvent{s.ScaleUps, s.ScaleDowns} {
			for i := range events {
				events[i].Time = notAfter(events[i].Time, now)
			}
		}
	}
	if slices.ContainsFunc(s.Recommendations, func(r Recommendation) bool { return r.Time.After(now) }) {
		s.Recommendations = slices.Clone(s.Recommendations)
		for i := range s.Recommendations {
			s.Recommendations[i].Time = notAfter(s.Recommendations[i].Time, now)
		}
	}
}

// start returns when the time began that a cooldown is about.
func (s *State) start() time.Time {
	if s.LastActive.IsZero() {
		return s.Since
	}
	return s.LastActive
}

// active notes that the workload is active.
func (s *State) active(now time.Time) {
	s.LastActive, s.LastInactive, s.Unsure, s.Unknown, s.Found = now, time.Time{}, false, 0, false
}

// inactive notes that the workload is inactive. If that was not known before,
// all that went by since it was does not count.
func (s *State) inactive(now time.Time) {
	if s.Unsure {
		known := s.start()
		if s.LastInactive.After(known) {
			known = s.LastInactive
		}
		gap := now.Sub(known)
		s.Unknown = gap + min(s.Unknown, now.Sub(s.start())-gap)
	}
	s.LastInactive, s.Unsure = now, false
}

// failuresOf returns the count of consecutive failures with one more.
func (s *State) failuresOf(trigger string) int {
	return min(max(s.Failures[trigger], 0), math.MaxInt-1) + 1
}

// recommend adds a recommendation and returns the lowest and the highest in
// the windows. A new list is made, of only those that are lower or higher than
// all that came after them: no other can ever be the lowest or the highest.
func (s *State) recommend(n int, now time.Time, up, down time.Duration) (lowest, highest int) {
	upCutoff, downCutoff := now.Add(-up), now.Add(-down)
	kept := append(make([]Recommendation, 0, len(s.Recommendations)+1), Recommendation{n, now})
	lowest, highest = n, n
	for _, r := range s.Recommendations {
		lower := r.Replicas < lowest && r.Time.After(upCutoff)
		higher := r.Replicas > highest && r.Time.After(downCutoff)
		if lower {
			lowest = r.Replicas
		}
		if higher {
			highest = r.Replicas
		}
		if lower || higher {
			kept = append(kept, r)
		}
	}
	s.Recommendations = kept
	return lowest, highest
}

// forget drops the recommendations that are not after cutoff.
func (s *State) forget(cutoff time.Time) {
	n := len(s.Recommendations)
	for n > 0 && !s.Recommendations[n-1].Time.After(cutoff) {
		n--
	}
	s.Recommendations = s.Recommendations[:n:n]
	if n == 0 {
		s.Recommendations = nil
	}
}

// startOf returns how many replicas there were when a period began that ends
// now with current.
func (s *State) startOf(period time.Duration, current int, now time.Time) int {
	cutoff := now.Add(-period)
	n := current
	for _, e := range s.ScaleUps {
		if e.Time.After(cutoff) {
			n -= e.Change
		}
	}
	for _, e := range s.ScaleDowns {
		if e.Time.After(cutoff) {
			n += e.Change
		}
	}
	return min(max(n, -maxReplicas), maxReplicas)
}

// untilForgotten returns how long it is until the first change up is no longer
// within the period that ended at now: 0 if there is none in it.
func (s *State) untilForgotten(period time.Duration, now time.Time) time.Duration {
	var soonest time.Duration
	for _, e := range s.ScaleUps {
		left := e.Time.Add(period).Sub(now)
		if left > 0 && (soonest == 0 || left < soonest) {
			soonest = left
		}
	}
	return soonest
}

// changed records a change of replicas and drops those that no longer count.
// The periods are the longest of each direction.
func (s *State) changed(by int, now time.Time, up, down time.Duration) {
	s.ScaleUps = record(s.ScaleUps, by, now, up, down)
	s.ScaleDowns = record(s.ScaleDowns, -by, now, down, up)
}

// record returns the events with a change, if that is greater than zero. An
// event that is older than the longest period of its own direction gives up
// its place. Where the other direction looks back no further, nobody misses
// it. Otherwise this is what the HPA does: it gives the place of the last such
// event to the new one and goes on counting the rest of them.
func record(events []ScaleEvent, change int, now time.Time, own, other time.Duration) []ScaleEvent {
	cutoff := now.Add(-own)
	e := ScaleEvent{change, now}
	if own < other {
		if change <= 0 {
			return events
		}
		for i, old := range slices.Backward(events) {
			if old.Time.Before(cutoff) {
				events = slices.Clone(events)
				events[i] = e
				return events
			}
		}
		return append(slices.Clip(events), e)
	}

	for len(events) > 0 && !events[0].Time.After(cutoff) {
		events = events[1:]
	}
	if change > 0 {
		return append(slices.Clip(events), e)
	}
	if len(events) == 0 {
		return nil
	}
	return events
}
