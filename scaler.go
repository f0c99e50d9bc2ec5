package scalerkit

import (
	"context"
	"time"
)

// A Scaler reads one metric from one event source. It measures and does not
// scale.
//
// All methods may be called concurrently.
type Scaler interface {
	// Metric says what Read measures. It does no I/O and answers the same for
	// the life of the Scaler.
	Metric() Metric

	// Read takes one reading. It connects if it must, and does not retry: the
	// next Read is the retry. It returns when ctx ends.
	//
	// An error means that the level of the source is not known. A source that
	// cannot be reached, refuses, or gives half an answer is an error and
	// never a Reading, least of all zero. The error wraps [ErrNotFound] when
	// the source does not have what was asked for, [ErrDenied] when it refused
	// the credentials, [ErrThrottled] when it asked for fewer requests, and
	// [ErrClosed] after Close. It contains no secret.
	//
	// After any error but ErrClosed, a later Read starts afresh and succeeds
	// as soon as the source does.
	Read(ctx context.Context) (Reading, error)

	// Close gives back what the Scaler holds. Pending and later Reads return
	// ErrClosed. Closing twice is the same as closing once.
	Close() error
}

// A Watcher is a [Scaler] that can say that its source changed.
type Watcher interface {
	Scaler

	// Watch calls changed whenever the source may have changed, until ctx ends
	// or the source is lost; the error says why it ended, and is ErrClosed
	// after Close. A push carries no
	// value: it brings the next Read forward, so a lost push costs time and
	// never correctness. Calls of changed do not overlap.
	Watch(ctx context.Context, changed func()) error
}

// A Batcher is a [Scaler] that can be read together with its peers.
type Batcher interface {
	Scaler

	// BatchKey is comparable. Scalers with equal keys are peers: they read the
	// same source and can be read in one exchange with it. A nil key means
	// that the Scaler has no peers. BatchKey does no I/O and answers the same
	// for the life of the Scaler.
	BatchKey() any

	// ReadBatch reads all peers, of which the receiver is one, and returns one
	// Result for each, in their order. Each Result is what the peer's own Read
	// would have returned, so that one failure in a batch is one failure. A
	// peer that is closed meanwhile gets ErrClosed and does not disturb the
	// others.
	ReadBatch(ctx context.Context, peers []Scaler) []Result
}

// A Metric describes what a [Scaler] measures.
type Metric struct {
	// Name is made of the kind of source and what identifies the reading in
	// it, for example "rabbitmq-orders". It fits into a URL (see driver.MetricName)
	// and contains no credential.
	Name string

	// Target is the level that the workload should be scaled to.
	Target Target

	// Activation is the level above which the source counts as active, that
	// is, calls for at least one replica.
	Activation float64

	// InFlight says that the value includes messages that are being worked on
	// and not only those that wait.
	InFlight bool
}

// A Reading is the level of an event source at one time. It is comparable.
type Reading struct {
	// Value is finite and not negative. Its unit is the source's: messages,
	// entries, messages per second. It is the true value, whatever Limit says.
	Value float64

	// Activity is for sources that know better than the Value whether they call
	// for at least one replica. The zero value goes by [Metric.Activation].
	Activity Activity

	// Target, if greater than zero, is the source's own word on its target, in
	// place of the Value of [Metric.Target].
	Target float64

	// Limit, if greater than zero, is the number of replicas beyond which more
	// find no work at the source: its partitions, say.
	Limit int

	// Even says that the replicas should divide Limit, so that each has an equal
	// share of it.
	Even bool

	// Note is a sentence for whoever reads the decision, such as "container
	// orders does not exist: all events count". It contains no secret.
	Note string

	// Time is when the source had this level, as far as the source tells,
	// and otherwise when it was read.
	Time time.Time
}

// IsActive reports whether the source calls for at least one replica of a
// workload that is scaled by m.
func (r Reading) IsActive(m Metric) bool {
	switch r.Activity {
	case Active:
		return true
	case Inactive:
		return false
	}
	return r.Value > m.Activation
}

// An Activity says whether a source calls for at least one replica. The zero
// value leaves that to [Metric.Activation].
type Activity string

const (
	Active   Activity = "active"
	Inactive Activity = "inactive"
)

// A Target is the level that one replica, or the whole workload, can bear.
type Target struct {
	Kind  TargetKind
	Value float64 // greater than zero
}

// A TargetKind says how a reading is held against its target.
// The zero value counts as [PerReplica].
type TargetKind string

const (
	// PerReplica divides the reading by the number of replicas before it is
	// compared: a value of 100 with a target of 5 calls for 20 replicas.
	PerReplica TargetKind = "AverageValue"

	// Total compares the reading as it is: a value of 100 with a target of 5
	// calls for 20 times the replicas that there are.
	Total TargetKind = "Value"
)

// A Result is a [Reading] or the error that took its place.
type Result struct {
	Reading Reading
	Err     error
}
