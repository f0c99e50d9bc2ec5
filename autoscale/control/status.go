package control

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// LastRound returns the last round of the workload, if KeepRounds is set and one
// has ended; with Run, all is forgotten. What the Round refers to is shared and
// must not be changed. Observe finds its own Round here.
func (r *Runner) LastRound(key scalerkit.Key) (Round, bool) {
	r.init()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.workloads[key]; ok && w.last != nil {
		return *w.last, true
	}
	return Round{}, false
}

// keep keeps the round for LastRound.
func (r *Runner) keep(w *workload, round Round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.last = &round
}

// A SourceStatus is what a [Runner] knows of the source of a trigger.
type SourceStatus struct {
	Trigger string // its name
	Peers   int    // triggers of all workloads that are read from it in one exchange

	// Failures counts the consecutive exchanges in which the source was down or
	// throttled, the last with Err. It is left alone until Until. All three are
	// zero for a source that works or was not read yet.
	Failures int
	Until    time.Time
	Err      error
}

// Sources returns the status of the source of each trigger of the workload, in
// the order of the triggers: nil if there is no such workload.
func (r *Runner) Sources(key scalerkit.Key) []SourceStatus {
	r.init()
	r.mu.Lock()
	defer r.mu.Unlock()
	w, ok := r.workloads[key]
	if !ok {
		return nil
	}
	list := make([]SourceStatus, len(w.triggers))
	for i := range w.triggers {
		t := &w.triggers[i]
		s := t.source
		list[i] = SourceStatus{
			Trigger: t.sample.Trigger, Peers: s.users,
			Failures: s.outage.failures, Until: s.outage.until, Err: s.outage.err,
		}
	}
	return list
}
