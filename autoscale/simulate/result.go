package simulate

import (
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
)

// A Result is what came of a simulation.
type Result struct {
	// Length and Tick are those of the Scenario.
	Length, Tick time.Duration

	// Arrived is how many messages arrived: as many as are Done, InFlight and
	// Waiting at the end.
	Arrived, Done, InFlight, Waiting int64

	// How long messages waited until a replica took them. One that waits still at
	// the end counts with its wait so far.
	P50Wait, P95Wait, P99Wait, MaxWait time.Duration

	// LongestFrom and LongestTo are when the message with MaxWait arrived, and when
	// it was taken.
	LongestFrom, LongestTo time.Duration

	// BacklogSeconds is the sum, over all seconds, of the messages that waited.
	BacklogSeconds float64

	// ReplicaSeconds is the sum, over all seconds, of the replicas that there were:
	// those that started and those that stopped included.
	ReplicaSeconds float64

	// Peak is the largest number of replicas that there should be. Changes is how
	// often that number changed. Flaps is how often it did against the direction of
	// a change that was less than FlapWithin ago.
	Peak, Changes, Flaps int

	// AtMax is for how long the number was the largest that the policy has.
	AtMax time.Duration

	// Short is for how long the number was less than what the true length of the
	// queues called for, beyond a tolerance of 10 %. ShortInOutages is how much
	// of that was during outages.
	Short, ShortInOutages time.Duration

	// Shortages are the times in which far more replicas were called for than there
	// should be, as after a burst.
	Shortages []Shortage

	// EmptyJobs is how many jobs found no message: for RunJobs only.
	EmptyJobs int

	Series []Point // one for each tick
	Rounds []Round // every decision, in their order
}

// FlapWithin is how soon a change in the other direction makes a flap.
const FlapWithin = 5 * time.Minute

// A Shortage begins when the true length of the queues calls for at least twice the
// replicas that there should be. It is over when these are enough, but for 10 %.
type Shortage struct {
	At     time.Duration // its begin
	Seen   time.Duration // the first poll, or look of KEDA's HPA, that sees it
	Right  time.Duration // its end, or that of the Scenario
	Wanted int           // replicas that it called for at most
}

// RightSize returns how long it took until there were enough replicas, from the
// begin of each Shortage: the mean and the longest.
func (r *Result) RightSize() (mean, longest time.Duration) {
	return r.over(func(s Shortage) time.Duration { return s.Right - s.At })
}

// RightSizeSeen returns how long it took from the first poll that saw each Shortage:
// the mean and the longest.
func (r *Result) RightSizeSeen() (mean, longest time.Duration) {
	return r.over(func(s Shortage) time.Duration { return s.Right - s.Seen })
}

func (r *Result) over(took func(Shortage) time.Duration) (mean, longest time.Duration) {
	for _, s := range r.Shortages {
		mean += took(s)
		longest = max(longest, took(s))
	}
	if n := len(r.Shortages); n > 0 {
		mean /= time.Duration(n)
	}
	return mean, longest
}

// A Point is the state of the world at the begin of a tick, after what was decided
// then.
type Point struct {
	At       time.Duration
	Arrived  int64 // messages, since the begin
	Done     int64 // messages, since the begin
	Waiting  int64 // messages
	InFlight int64 // messages
	Wanted   int   // replicas that the true length of the queues calls for, within the policy's bounds
	Replicas int   // that there should be, or unfinished jobs
	Ready    int   // replicas that are ready, or jobs that work
	Exist    int   // replicas that there are, with those that stop
}

// Who makes a decision of a [Round].
const (
	ByPolicy = "policy" // a Decider
	ByHPA    = "HPA"
	ByKEDA   = "KEDA"
)

// A Round is one decision.
type Round struct {
	At       time.Duration
	By       string
	Input    autoscale.Input
	Decision autoscale.Decision

	Job *JobRound // in place of Input and Decision, for RunJobs
}

// A JobRound is a decision about jobs.
type JobRound struct {
	Input    autoscale.JobInput
	Decision autoscale.JobDecision
}

// Change returns the replicas, or unfinished jobs, before and after the decision.
func (r *Round) Change() (from, to int) {
	if r.Job != nil {
		return r.Job.Input.Running, r.Job.Input.Running + r.Job.Decision.Create
	}
	return r.Input.Current, r.Decision.Replicas
}

// Reasons returns the steps of the decision, one on a line.
func (r *Round) Reasons() string {
	if r.Job != nil {
		return r.Job.Decision.String()
	}
	return r.Decision.String()
}
