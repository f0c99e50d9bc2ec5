package scalertest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A Suite checks one trigger type of one driver.
type Suite struct {
	Driver scalerkit.Driver

	// New is the function of that name in the driver's package, made by [Typed]. It
	// is not checked if nil, nor with a trigger that has an Identity.
	New Constructor

	// Start returns an empty source of its own, and arranges for it to go away
	// with tb.Cleanup. It is called once for each check, several of which run at a
	// time.
	Start func(tb testing.TB) Source

	// patience is how long the suite waits for what must happen promptly. It
	// only bounds the wait for a failure, which the suite's own tests provoke
	// many times over. If 0, it is 30 seconds.
	patience time.Duration
}

// A Source is an event source under test: a real server, or a fake that speaks
// its wire protocol. Checks that need what is absent do not run.
type Source struct {
	// Trigger reads the source. Its Spec has every parameter that a trigger
	// usually has, credentials among them.
	Trigger

	// NoNetwork says that nothing is dialled to read the source, since it is in
	// the process, as a clock is. Nothing can come between then.
	NoNetwork bool

	// Levels are what the source can be set to: at least three, in ascending
	// order, the first being 0. If nil, 0, 1, 7 and 120. A source without a Set
	// has one level.
	Levels []float64

	// Settle is how long the source takes to show a new level.
	Settle time.Duration

	// TargetKey and ActivationKey are the parameters for Metric.Target.Value
	// and Metric.Activation. Neither is checked if empty.
	TargetKey, ActivationKey string

	// Secrets are the texts that must not appear anywhere. They are part of
	// the credentials of the Spec and of Denied.
	Secrets []string

	// Missing is a trigger for something that the source does not have. It has
	// the connection settings of the Spec.
	Missing *scalerkit.Spec

	// Denied is a trigger whose credentials the source refuses.
	Denied *scalerkit.Spec

	// Throttled is a trigger which the source answers with the request for
	// fewer requests.
	Throttled *scalerkit.Spec

	// Secure is a trigger that speaks TLS with its source. There need be none: the
	// suite answers by itself, with a certificate that nobody trusts.
	Secure *scalerkit.Spec

	// Peers returns n triggers on different things, which can be read in one
	// exchange if the Scaler is a Batcher. They have a Set.
	Peers func(n int) []Trigger

	// MaxConns is how many connections any number of triggers on this source
	// may hold. If 0, it is 2.
	MaxConns int
}

// A Trigger is a trigger under test, and the means to set what it reads. Set may
// be nil if the source has NoNetwork.
type Trigger struct {
	Spec scalerkit.Spec
	Set  func(ctx context.Context, level float64) error
}

// places are for the checks that run at a time, of all suites in the process. They
// are more than there are cores: most of its time a check waits for something.
var places = make(chan struct{}, 4)

// Run runs every check that applies as a subtest of t, several at a time. It
// returns when all are done.
func (s Suite) Run(t *testing.T) {
	var wait sync.WaitGroup
	for _, c := range s.applicable(t) {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			mark(suiteMark)
			t.Run(c.name, func(t *testing.T) { s.run(t, c) })
		})
	}
	wait.Wait()
}

// applicable returns the checks that apply.
func (s Suite) applicable(tb testing.TB) []check {
	tb.Helper()
	has := s.abilities(tb)
	return slices.DeleteFunc(slices.Clone(checks), func(c check) bool { return c.needs&^has != nothing })
}

// A check is named for the promise that it checks.
type check struct {
	name  string
	needs ability
	run   func(*env)
}

var checks = []check{
	{"EveryParamIsDocumented", nothing, everyParamIsDocumented},
	{"MissingKeyIsNamed", nothing, missingKeyIsNamed},
	{"UnknownKeyIsNamed", nothing, unknownKeyIsNamed},
	{"BadValueIsNamed", nothing, badValueIsNamed},
	{"DoubledKeyIsNamed", nothing, doubledKeyIsNamed},
	{"EveryProblemIsReported", nothing, everyProblemIsReported},

	{"OpenDoesNoIO", nothing, openDoesNoIO},
	{"ZeroOptionsWillDo", nothing, zeroOptionsWillDo},
	{"MetricIsConstant", nothing, metricIsConstant},
	{"MetricIsAsConfigured", nothing, metricIsAsConfigured},

	{"NewIsLikeOpen", typed, newIsLikeOpen},
	{"NewChecksItsConfig", typed, newChecksItsConfig},

	{"ReportsLevel", nothing, reportsLevel},
	{"ActiveOnlyAboveActivation", activation | settable, activeOnlyAboveActivation},
	{"MissingIsErrNotFound", missing, missingIsErrNotFound},
	{"DeniedIsErrDenied", denied, deniedIsErrDenied},
	{"ThrottledIsErrThrottled", throttled, throttledIsErrThrottled},
	{"ReadDoesNotLog", nothing, readDoesNotLog},
	{"ReadsConcurrently", nothing, readsConcurrently},

	{"ImpostorIsRefused", secure, impostorIsRefused},
	{"UnreachableIsAnError", networked, unreachableIsAnError},
	{"BlackHoleIsAnError", networked, blackHoleIsAnError},
	{"HalfAnAnswerIsAnError", networked, halfAnAnswerIsAnError},
	{"ResetIsNeverAWrongLevel", networked, resetIsNeverAWrongLevel},
	{"RecoversAfterOutage", networked, recoversAfterOutage},
	{"LostConnectionIsReplaced", networked, lostConnectionIsReplaced},

	{"CancelledReadReturns", networked, cancelledReadReturns},
	{"CancelledReadIsOver", networked, cancelledReadIsOver},
	{"CloseUnblocksRead", networked, closeUnblocksRead},
	{"CloseWhileReading", nothing, closeWhileReading},
	{"CloseTwiceIsCloseOnce", nothing, closeTwiceIsCloseOnce},
	{"ReadAfterCloseIsErrClosed", nothing, readAfterCloseIsErrClosed},
	{"CloseLeavesOthersAlone", nothing, closeLeavesOthersAlone},
	{"LeavesNothingBehind", nothing, leavesNothingBehind},
	{"ManyTriggersShareConnections", networked, manyTriggersShareConnections},

	{"BatchEqualsSingleReads", batching | settable, batchEqualsSingleReads},
	{"OneFailureInABatchIsOneFailure", missing | batching | settable, oneFailureInABatchIsOneFailure},
	{"ClosedPeerDisturbsNobody", batching | networked, closedPeerDisturbsNobody},
	{"OutageFailsTheWholeBatch", batching | networked, outageFailsTheWholeBatch},
	{"HalfABatchIsNeverAWrongLevel", batching | networked, halfABatchIsNeverAWrongLevel},
	{"CancelledBatchReturns", batching | networked, cancelledBatchReturns},

	{"WatchWakes", watching | settable, watchWakes},
	{"WatchEndsWithContext", watching, watchEndsWithContext},
	{"WatchEndsWithClose", watching, watchEndsWithClose},
	{"LostWatchIsNoticed", watching | networked, lostWatchIsNoticed},
}
