package autoscale

import (
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A TriggerOutcome is what a [Decision] made of one trigger, or of the formula
// in the place of all. It is comparable.
type TriggerOutcome struct {
	// Trigger is that of the Sample, or [Formula].
	Trigger string

	// Rule is what counted: [RuleMetric] or another one of its kind.
	Rule Rule

	// Known says that Value and what belongs to it are known: they were read
	// now or, with [RuleLastKnownGood], before.
	Known bool

	// Active says that the trigger calls for at least one replica.
	Active bool

	// Value is the reading, whatever Limit says, and Time when the source had it.
	Value float64
	Time  time.Time

	// Target is what Value is held against, and zero if it is not.
	Target scalerkit.Target

	// Replicas is what the trigger calls for, before windows, limits and bounds:
	// 0 if it calls for nothing, as it does when its value goes into a formula.
	Replicas int

	// Ready is how many replicas are ready, by which the HPA multiplies a Total
	// target; 1 where there are none yet.
	Ready int

	// Limit, Even and Note are the source's word; see [scalerkit.Reading].
	Limit int
	Even  bool
	Note  string

	// Err says why the trigger could not be read, and is empty if it was.
	// Failures is how often it could not in a row.
	Err      string
	Failures int
}

// know notes a reading. A rule that was noted before says where it is from.
func (o *TriggerOutcome) know(rule Rule, r GoodReading, target scalerkit.Target, now time.Time) {
	if o.Rule == "" {
		o.Rule = rule
	}
	o.Known, o.Active, o.Value, o.Time = true, r.Active, r.Value, now
	if rule != RuleInput {
		o.Target = target
	}
	if !r.Time.IsZero() {
		o.Time = notAfter(plain(r.Time), now)
	}
	o.Limit, o.Even, o.Note = r.Limit, r.Even, line.Of(r.Note)
}
