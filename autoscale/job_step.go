package autoscale

import (
	"fmt"
	"strings"
	"time"

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

	// The rest is what the rule went by. Which fields are set depends on the
	// rule; Detail puts them into words.

	Value       float64   // the reading
	Target      float64   // the messages of the reading for each job
	Load        float64   // in jobs that find work: of the trigger, or of all
	SourceLimit int       // more jobs find no work at the source: see [scalerkit.Reading]; 0 is no limit
	InFlight    bool      // the reading includes what is being worked on
	Busy        int       // jobs that are neither finished nor pending
	Time        time.Time // of the reading
	Note        string    // the source's remark
	Error       string    // why the trigger failed

	Calculation Calculation
	Triggers    int // that the Calculation is over

	Strategy  Strategy
	Wanted    int  // the load in whole jobs
	Running   int  // unfinished jobs, without Min unless the Strategy is auto
	BeyondMin bool // there are Min jobs besides those that are running
	Pending   int  // unfinished jobs that are pending
	Max       int  // jobs, without Min
	Deduction int  // what the policy takes off
	Part      int  // what it takes off of the running jobs
	New       int  // what the strategy came to, or the messages for new jobs
}

// String returns the step on one line, for example
// "Strategy: 3 -> 20: default: 20 wanted - 3 running = 17".
func (s JobStep) String() string {
	name := string(s.Rule)
	if s.Trigger != "" {
		name += " " + line.Of(s.Trigger)
	}
	return fmt.Sprintf("%s: %d -> %d: %s", name, s.From, s.To, s.Detail())
}

// Detail returns the reason in words, on one line.
func (s JobStep) Detail() string {
	switch s.Rule {
	case RuleFailed:
		return line.Of(s.Error)
	case RuleInactive:
		return number(s.Value) + ", inactive" + note(s.Note)
	case RuleMetric:
		return fmt.Sprintf("%s / %s per job = %s%s%s%s", number(s.Value), number(s.Target),
			number(s.Value/s.Target), s.shared(), s.remark(), note(s.Note))
	case RuleUsed:
		return fmt.Sprintf("the reading of %s was used before", s.Time.Format(time.RFC3339Nano))
	case RuleCalculation:
		return fmt.Sprintf("%s of %d triggers = %s", s.Calculation, s.Triggers, number(s.Load))
	case RuleStrategy:
		return fmt.Sprintf("%s: %s = %d", s.Strategy, s.arithmetic(), s.New)
	case RuleMessages:
		return fmt.Sprintf("no more new jobs than messages: %d", s.New)
	case RuleTooManyReplicas:
		return fmt.Sprintf("at most %d", s.Max)
	case RuleTooFewReplicas:
		return fmt.Sprintf("at least %d", s.To)
	case RulePaused:
		return fmt.Sprintf("paused at %d", s.To)
	}
	return ""
}

// shared says what became of the jobs that the reading calls for.
func (s *JobStep) shared() string {
	switch jobs := s.Value / s.Target; {
	case s.Load < jobs:
		return fmt.Sprintf(", of which %s find work", number(s.Load))
	case s.Load > jobs:
		return fmt.Sprintf(", rounded up to %s, which divides %d", number(s.Load), s.SourceLimit)
	}
	return ""
}

// remark says how the strategy reads a load.
func (s *JobStep) remark() string {
	switch auto := s.Strategy == StrategyAuto; {
	case auto && s.InFlight:
		return " in all"
	case auto && s.SourceLimit > 0 && s.Load+float64(s.Busy) > float64(s.SourceLimit):
		return fmt.Sprintf(" besides %d busy, but no more than %d in all", s.Busy, s.SourceLimit)
	case auto:
		return fmt.Sprintf(" besides %d busy", s.Busy)
	case s.Load > float64(s.Max):
		return fmt.Sprintf(", at most %d", s.Max)
	}
	return ""
}

// arithmetic is that of the strategy.
func (s *JobStep) arithmetic() string {
	running := fmt.Sprintf("%d running", s.Running)
	if s.BeyondMin {
		running += " beyond Min"
	}
	switch s.Strategy {
	case StrategyAuto:
		return fmt.Sprintf("%d wanted in all - %d unfinished", s.Wanted, s.Running)
	case StrategyCustom:
		return fmt.Sprintf("%d wanted - %d - %d of %s", s.Wanted, s.Deduction, s.Part, running)
	case StrategyEager:
		return fmt.Sprintf("%d wanted, %d at most - %s - %d pending", s.Wanted, s.Max, running, s.Pending)
	case StrategyAccurate:
		if s.accurateAtMost() {
			return fmt.Sprintf("%d at most - %s", s.Max, running)
		}
		return fmt.Sprintf("%d wanted - %d pending", s.Wanted, s.Pending)
	}
	return fmt.Sprintf("%d wanted - %s", s.Wanted, running)
}

// accurateAtMost says that StrategyAccurate is bounded by Max.
func (s *JobStep) accurateAtMost() bool { return s.Wanted+s.Running-s.Pending > s.Max }
