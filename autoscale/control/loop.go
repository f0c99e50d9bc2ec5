package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// What a [Loop] has that sets none.
const (
	DefaultInterval      = 30 * time.Second // KEDA's
	DefaultMaxBackoff    = time.Minute
	DefaultMaxRetryAfter = time.Hour
)

// A Workload is what is scaled: a Deployment's scale subresource, a pool of
// processes, a fleet of machines. Its methods return when ctx ends. They are
// not called concurrently for one [Loop].
type Workload interface {
	// Replicas returns the number of replicas that the workload is told to
	// have. It is called in every round, so it is best answered from memory.
	Replicas(ctx context.Context) (int, error)

	// SetReplicas tells the workload to have n replicas. Its ctx ends with the
	// round, and is not for what goes on afterwards. It need not wait
	// until it has them. It is called only where n differs from Replicas, and
	// again in the next round if it fails.
	SetReplicas(ctx context.Context, n int) error
}

// A ReadyCounter is a [Workload] that knows how many of its replicas are
// ready, which matters to triggers with a Total target.
type ReadyCounter interface {
	Workload

	// Ready returns the number of replicas that are ready.
	Ready(ctx context.Context) (int, error)
}

// A Trigger is a named Scaler.
type Trigger struct {
	// Name is what the Policy, the State and every Step call the trigger. It
	// is unique within a Loop; if empty, it is the name of the Metric.
	Name string

	// Scaler belongs to one Trigger of one Loop, which closes it in the end. No
	// other Trigger may have it, be it of the same Loop or of another in its
	// Runner: Triggers share connections through a [scalerkit.Pool].
	Scaler scalerkit.Scaler
}

// A Loop is one workload and how it is scaled: in every round it reads all
// triggers, decides by the policy and carries the decision out, as replicas or
// as jobs. Run runs one; a [Runner] runs thousands.
type Loop struct {
	Policy   autoscale.Decider // a Policy, say
	Triggers []Trigger         // at least one
	Workload Workload

	// Jobs, if set, makes this a loop of jobs. Policy, Workload and State are
	// then not used.
	Jobs *JobLoop

	// Interval is the time from one round to the next; 0 means
	// [DefaultInterval]. A decision that asks for another one (Decision.Next)
	// has the next round begin sooner, but not within a second.
	Interval time.Duration

	// MaxBackoff is how long a source that fails is left alone at most, unless
	// Interval is longer or the source asks for longer; 0 means
	// [DefaultMaxBackoff]. A watch that fails waits no longer either.
	MaxBackoff time.Duration

	// MaxRetryAfter is how long a source is left alone at most because it asks
	// for it ([scalerkit.ThrottledError]); 0 means [DefaultMaxRetryAfter].
	// Where triggers of several Loops are read in one exchange, the shortest
	// Interval, MaxBackoff and MaxRetryAfter count.
	MaxRetryAfter time.Duration

	// State is where to go on from, such as the State of the last Round before
	// a restart.
	State autoscale.State

	// Scaling, if set, is called before the Workload is told other replicas, with
	// what the Round is up to then. It is the place to publish readings for who
	// looks at the workload as well: it may see the replicas before the round has
	// ended. The next round overwrites the Samples. It is not for loops of jobs.
	Scaling func(Round)

	// Observe, if set, is called at the end of every round. It is the place
	// to publish readings, to keep the State and to count. It is not called
	// concurrently for one Loop, and the next round waits for it. It may call
	// the Runner's methods.
	Observe func(Round)

	// Logger is told each failure when it begins, when it becomes another and
	// when it ends, and each change of the number of replicas with its reasons.
	// If nil, a Runner logs to its own, and Run does not log.
	Logger *slog.Logger
}

// A Round is what a [Loop] did at one time.
type Round struct {
	Key scalerkit.Key // of the workload in its Runner

	// Time is when the round was due, and what the policy takes for now. Regular
	// rounds are whole intervals apart by it, however long each took, so that a
	// cooldown of ten intervals ends with the tenth.
	Time time.Time

	// Samples are what the triggers answered, in their order.
	Samples []autoscale.Sample

	// Decided says that there is a Decision. There is none while the workload
	// does not tell its replicas.
	Decided bool
	Current int  // replicas, or unfinished jobs, before the decision
	Ready   *int // how many of these replicas are ready, if that is known
	Pending int  // how many of these jobs are pending

	// Before is the State that the decision went on from, and JobBefore that of
	// a decision of a loop of jobs.
	Before    autoscale.State
	JobBefore autoscale.JobState

	// Decision is what the policy came to. Its State is what the next round
	// goes on from, also if nothing was decided or the decision could not be
	// carried out.
	Decision autoscale.Decision

	// Job is the decision of a loop of jobs, in place of Decision, and Created
	// how many of them there are by it.
	Job     autoscale.JobDecision
	Created int

	// Err says why the decision was not made or not carried out. Why a trigger
	// could not be read is in its Sample.
	Err error
}

// Input returns what Decision was made of: deciding once more comes to the same,
// but for the State of one that could not be carried out.
func (r *Round) Input() autoscale.Input {
	return autoscale.Input{Now: r.Time, Current: r.Current, Ready: r.Ready, Samples: r.Samples, State: r.Before}
}

// JobInput is Input for a loop of jobs.
func (r *Round) JobInput() autoscale.JobInput {
	return autoscale.JobInput{Now: r.Time, Running: r.Current, Pending: r.Pending, Samples: r.Samples, State: r.JobBefore}
}

// Run runs the Loop until ctx ends. It returns when nothing of it is under way
// any more and its Scalers are closed: nil, or an error at once if the Loop is
// not valid, in which case the Scalers are still the caller's.
//
// A Scaler that is closed by somebody else can never be read again: Run then
// ends with an error that wraps [scalerkit.ErrClosed]. So does a second Run of
// a Loop, whose Scalers the first has closed.
func (l Loop) Run(ctx context.Context) error {
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	r := Runner{Logger: l.Logger, closed: end}
	if err := r.Set(scalerkit.Key{}, l); err != nil { //nolint:contextcheck // what Set starts has the context of Run
		return err
	}
	if err := r.Run(running); err != nil || ctx.Err() != nil {
		return err
	}
	return context.Cause(running)
}
