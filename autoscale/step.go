package autoscale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A Decision is what [Policy.Decide] came to.
type Decision struct {
	// Replicas is the number of replicas to have.
	Replicas int

	// Active says that a trigger, the fallback or Pause.ForceActive calls for
	// at least one replica. It is false too while that is not known.
	Active bool

	// Steps lead from Input.Current to Replicas without a gap. There is at
	// least one.
	Steps []Step

	// Triggers are what the triggers came to, one for each Sample in their order,
	// and last the formula, unless a fallback took its place.
	Triggers []TriggerOutcome

	// Next, if greater than 0, is how soon after Input.Now another decision is
	// worth fresh readings: a limit cut this one, and allows more by then.
	Next time.Duration

	// State is the State of the next Input. It takes it that the decision is
	// carried out. If that fails, put back ScaleUps and ScaleDowns of the
	// Input's State: a change that did not happen counts for no limit.
	State State
}

// Applied says that a rule took part in the decision.
func (d Decision) Applied(rule Rule) bool {
	for i := range d.Steps {
		if d.Steps[i].Rule == rule {
			return true
		}
	}
	return false
}

// String returns one line for each Step.
func (d Decision) String() string {
	lines := make([]string, len(d.Steps))
	for i, s := range d.Steps {
		lines[i] = s.String()
	}
	return strings.Join(lines, "\n")
}

// A Rule names the reason of a [Step]. Where the HPA has a word for it, that
// word is used.
type Rule string

// What a trigger calls for. The first trigger sets the number, the others
// raise it.
const (
	RuleMetric        Rule = "Metric"        // the reading divided by its target
	RuleTolerance     Rule = "Tolerance"     // the reading is near enough to its target for the current replicas
	RuleDirection     Rule = "Direction"     // too few or too many replicas are ready to go by the reading; the current ones stay
	RuleInput         Rule = "Input"         // the reading goes into the formula
	RuleFailed        Rule = "Failed"        // the trigger fails and calls for nothing
	RuleIgnored       Rule = "Ignored"       // the trigger fails and counts as not there
	RuleLastKnownGood Rule = "LastKnownGood" // the trigger fails; its last reading follows
	RuleFailUp        Rule = "FailUp"        // the trigger fails and calls for OnError.Replicas
	RuleAbsent        Rule = "Absent"        // the trigger fails for long; the fallback leaves it to the formula to do without
	RuleFallback      Rule = "Fallback"      // the trigger fails for long and calls for Fallback.Replicas
)

// What activity makes of it.
const (
	RuleActivated   Rule = "Activated"   // from zero or Idle at once to what is called for
	RuleInactive    Rule = "Inactive"    // stays at zero or Idle
	RuleCooldown    Rule = "Cooldown"    // inactive, but not for long enough
	RuleDeactivated Rule = "Deactivated" // inactive for long enough: to zero or Idle
	RuleHold        Rule = "Hold"        // as it is, because a trigger fails that might call for as much
	RuleDelegated   Rule = "Delegated"   // as it is, because Policy.Delegate leaves it to the HPA
)

// The HPA's windows, limits and bounds.
const (
	RuleScaleUpStabilized   Rule = "ScaleUpStabilized"   // not above the lowest recommendation in Up.Window
	RuleScaleDownStabilized Rule = "ScaleDownStabilized" // not below the highest recommendation in Down.Window
	RuleScaleUpLimit        Rule = "ScaleUpLimit"        // no faster than Up.Limits
	RuleScaleDownLimit      Rule = "ScaleDownLimit"      // no faster than Down.Limits
	RuleTooManyReplicas     Rule = "TooManyReplicas"     // not above Max
	RuleTooFewReplicas      Rule = "TooFewReplicas"      // not below Min, or 1 while active
)

// Pausing. These come last and have the last word.
const (
	RulePaused         Rule = "Paused"         // Pause.All or Pause.Replicas
	RulePausedScaleIn  Rule = "PausedScaleIn"  // not below the current replicas
	RulePausedScaleOut Rule = "PausedScaleOut" // not above the current replicas
)

// A Step is what one rule made of the number of replicas. It is comparable.
type Step struct {
	Rule    Rule
	Trigger string // the trigger that the rule is about, or empty
	From    int    // replicas before the rule
	To      int    // replicas after it

	// The rest is what the rule went by. Which fields are set depends on the
	// rule; Detail puts them into words.

	Value    float64          // the reading
	Target   scalerkit.Target // what it was held against
	Inactive bool             // the reading does not call for a replica
	Ready    int              // ready replicas, by which a Total target is multiplied; 1 where there are none yet
	Replicas int              // what the rule itself came to; From may have been higher
	Wanted   int              // what a reading with a SourceLimit calls for without it
	Limit    Limit            // the limit that counted, zero if the direction is disabled
	Elapsed  time.Duration    // since the workload was active, or the age of the reading
	Window   time.Duration    // how long Elapsed must or may be, or the window of the recommendations
	Unknown  time.Duration    // not part of Elapsed: for how long triggers could not be read
	Failures int              // consecutive failures
	Error    string           // why the trigger failed

	SourceLimit int    // more replicas find no work at the source: see [scalerkit.Reading]; 0 is no limit
	Note        string // the source's remark
}

// String returns the step on one line, for example
// "Metric orders: 10 -> 24: 120 / 5 per replica = 24".
func (s Step) String() string {
	name := string(s.Rule)
	if s.Trigger != "" {
		name += " " + line.Of(s.Trigger)
	}
	return fmt.Sprintf("%s: %d -> %d: %s", name, s.From, s.To, s.Detail())
}

// Detail returns the reason in words, on one line.
func (s Step) Detail() string {
	switch s.Rule {
	case RuleMetric:
		return s.arithmetic() + " = " + s.call()
	case RuleTolerance:
		return s.arithmetic() + " is within the tolerance of " + s.call()
	case RuleDirection:
		return s.arithmetic() + " is against the direction of the reading, so " + s.call()
	case RuleInput:
		return s.input() + note(s.Note)
	case RuleFailed:
		return s.failure()
	case RuleIgnored:
		return "ignored: " + s.failure()
	case RuleLastKnownGood:
		return fmt.Sprintf("%s from %v ago, of at most %v: %s", number(s.Value), short(s.Elapsed), s.Window, s.failure())
	case RuleFailUp, RuleFallback:
		return fmt.Sprintf("calls for %d: %s", s.Replicas, s.failure())
	case RuleAbsent:
		return "absent from the formula: " + s.failure()
	case RuleActivated:
		if s.Trigger == "" {
			return fmt.Sprintf("forced, at least %d", s.Replicas)
		}
		return fmt.Sprintf("active, at least %d", s.Replicas)
	case RuleInactive:
		return "no trigger is active"
	case RuleCooldown, RuleDeactivated:
		return fmt.Sprintf("inactive for %v of %v", short(s.Elapsed), s.Window) + s.unknown()
	case RuleHold:
		return fmt.Sprintf("too little is known to leave %d", s.Replicas)
	case RuleDelegated:
		return fmt.Sprintf("left to the HPA at %d", s.Replicas)
	case RuleScaleUpStabilized:
		return fmt.Sprintf("lowest recommendation in %v is %d", s.Window, s.Replicas)
	case RuleScaleDownStabilized:
		return fmt.Sprintf("highest recommendation in %v is %d", s.Window, s.Replicas)
	case RuleScaleUpLimit, RuleScaleDownLimit:
		if s.Limit == (Limit{}) {
			return "this direction is disabled"
		}
		return fmt.Sprintf("%v allows %d", s.Limit, s.Replicas)
	case RuleTooManyReplicas:
		return fmt.Sprintf("at most %d", s.Replicas)
	case RuleTooFewReplicas:
		return fmt.Sprintf("at least %d", s.Replicas)
	case RulePaused:
		return fmt.Sprintf("paused at %d", s.Replicas)
	case RulePausedScaleIn:
		return "scaling in is paused"
	case RulePausedScaleOut:
		return "scaling out is paused"
	}
	return ""
}

// arithmetic returns what a reading was held against.
func (s *Step) arithmetic() string {
	quotient := number(s.Value) + " / " + number(s.Target.Value)
	switch {
	case s.Target.Kind != scalerkit.Total:
		return quotient + " per replica"
	case s.Rule == RuleTolerance:
		return quotient
	}
	return quotient + " × " + strconv.Itoa(s.Ready) + " ready"
}

// call returns what the reading comes to.
func (s *Step) call() string {
	text := strconv.Itoa(s.Replicas)
	switch {
	case s.SourceLimit == 0 || s.Wanted == s.Replicas:
	case s.Wanted > s.Replicas:
		text = fmt.Sprintf("%d, of which %d find work", s.Wanted, s.Replicas)
	default:
		text = fmt.Sprintf("%d, rounded up to %d, which divides %d", s.Wanted, s.Replicas, s.SourceLimit)
	}
	if s.Inactive {
		text += ", inactive"
	}
	return text + note(s.Note)
}

// input returns what goes into the formula.
func (s *Step) input() string {
	text := number(s.Value)
	if counts := (share{limit: s.SourceLimit}).capped(s.Value, s.Target.Value); counts < s.Value {
		text += fmt.Sprintf(", counted as %s, since no more than %d replicas find work", number(counts), s.SourceLimit)
	}
	return text
}

// note returns the source's remark, for the end of a line.
func note(text string) string {
	if text = line.Of(text); text != "" {
		return "; " + text
	}
	return ""
}

func (s *Step) unknown() string {
	if s.Unknown == 0 {
		return ""
	}
	return fmt.Sprintf(", and unknown for %v, which does not count", short(s.Unknown))
}

func (s *Step) failure() string {
	return fmt.Sprintf("failure %d: %s", s.Failures, line.Of(s.Error))
}

// number writes a value with the three decimals that count.
func number(v float64) string {
	return strconv.FormatFloat(float64(milli(v))/1000, 'f', -1, 64)
}

// short writes a duration without the digits that nobody reads.
func short(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
