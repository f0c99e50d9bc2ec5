package autoscale

import "time"

// An OnError says what becomes of a trigger that cannot be read. The zero
// value holds.
type OnError struct {
	Action OnErrorAction

	// Failures is how many consecutive failures are borne by holding before
	// Action is taken: at least 0.
	Failures int

	// MaxAge is how old a reading may be for LastKnownGood: greater than zero.
	MaxAge time.Duration

	// Replicas is where FailUp goes to: at least 0, where 0 means Policy.Max.
	Replicas int
}

// An OnErrorAction is the kind of an [OnError].
type OnErrorAction string

const (
	// Hold lets the decision go up for other triggers, but not down, until the
	// policy's Fallback acts. It is the default.
	Hold OnErrorAction = "hold"

	// Ignore decides as if the trigger were not there. If that leaves no
	// trigger, nothing is known and the workload is held.
	Ignore OnErrorAction = "ignore"

	// LastKnownGood goes on with the last reading while it is not older than
	// MaxAge. After that the trigger holds, until Fallback acts.
	LastKnownGood OnErrorAction = "lastKnownGood"

	// FailUp calls for Replicas, or for Policy.Max, and otherwise holds.
	FailUp OnErrorAction = "failUp"
)

// onError returns what is to become of a trigger that fails.
func (p *Policy) onError(trigger string) OnError {
	if o, ok := p.OnError[trigger]; ok {
		return o
	}
	return p.OnError[""]
}
