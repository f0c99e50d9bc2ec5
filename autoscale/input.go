package autoscale

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// An Input is all that [Policy.Decide] goes by.
type Input struct {
	// Now is the time of the decision.
	Now time.Time

	// Current is the number of replicas that the workload is told to have.
	Current int

	// Ready, if known, is how many of them are ready. A reading with a Total
	// target is multiplied by it. Nil means all of Current.
	Ready *int

	// Samples are the latest readings, one for every trigger.
	Samples []Sample

	// State is what the decision before this one returned. The zero value
	// starts afresh. Decide does not change what it refers to.
	State State
}

// A Sample is what came of reading one trigger.
type Sample struct {
	// Trigger names the trigger, as OnError and Combine do. It is unique
	// within an Input.
	Trigger string

	// Metric describes the reading. With Combine, its Target is used only for a
	// Reading with a Limit: the formula gets no more than Limit × Target.
	Metric scalerkit.Metric

	// Reading counts if Err is nil. A value or a target that is negative or not
	// finite counts as an error, and so does a negative Limit.
	Reading scalerkit.Reading

	// Err says why the trigger could not be read.
	Err error
}

// target returns what the reading is held against.
func (s *Sample) target() scalerkit.Target { return targetOf(s.Metric.Target, s.Reading.Target) }

// problem returns why the sample cannot be used.
func (s *Sample) problem(combined bool) error {
	if s.Err != nil {
		return s.Err
	}
	return checkReading(s.Reading.Value, s.target(), s.Reading.Limit, combined)
}
