package autoscale

import (
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit/internal/line"
)

// A JobDecision is what [JobPolicy.Decide] came to.
type JobDecision struct {
	// Create is the number of jobs to create: at least 0.
	Create int

	// Active says that a trigger is active or that Min keeps jobs running. It
	// is false too while that is not known.
	Active bool

	// Steps lead from JobInput.Running to Running + Create without a gap.
	// There is at least one.
	Steps []JobStep

	// State is the State of the next JobInput. It takes it that the jobs are
	// created. If none could be, keep the Input's State, and the same readings
	// will count again.
	State JobState
}

// String returns one line for each Step.
func (d JobDecision) String() string {
	lines := make([]string, len(d.Steps))
	for i, s := range d.Steps {
		lines[i] = s.String()
	}
	return strings.Join(lines, "\n")
}

// The rules of jobs only. [RuleMetric], [RuleFailed], [RuleInactive],
// [RuleTooManyReplicas], [RuleTooFewReplicas] and [RulePaused] mean for jobs
// what they mean for replicas.
const (
	RuleUsed        Rule = "Used"        // the reading took part in a decision before and creates nothing
	RuleCalculation Rule = "Calculation" // one load of those of several triggers
	RuleStrategy    Rule = "Strategy"    // what the strategy makes of the load and the jobs that there are
	RuleMessages    Rule = "Messages"    // no more new jobs than messages
)

// A JobStep is what one rule made of the number of unfinished jobs. It is
// comparable.
type JobStep struct {
	Rule    Rule
	Trigger string // the trigger that the rule is about, or empty
	From    int    // unfinished jobs before the rule, including those to be created
	To      int    // unfinished jobs after it
	Detail  string // what the rule went by, in words and on one line
}

// String returns the step on one line, for example
// "Strategy: 3 -> 20: default: 20 wanted - 3 running = 17".
func (s JobStep) String() string {
	name := string(s.Rule)
	if s.Trigger != "" {
		name += " " + line.Of(s.Trigger)
	}
	return fmt.Sprintf("%s: %d -> %d: %s", name, s.From, s.To, s.Detail)
}
