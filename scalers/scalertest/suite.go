package scalertest

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// patience is how long the suite waits for what must happen promptly. It only
// bounds the wait for a failure.
const patience = 10 * time.Second

// A Suite checks one trigger type of one driver.
type Suite struct {
	Driver scalerkit.Driver

	// Start returns an empty source of its own, and arranges for it to go away
	// with tb.Cleanup. It is called once for each check.
	Start func(tb testing.TB) Source
}

// A Source is an event source under test: a real server, or a fake that speaks
// its wire protocol. Checks that need what is absent do not run.
type Source struct {
	// Trigger reads the source. Its Spec has every parameter that a trigger
	// usually has, credentials among them.
	Trigger

	// Levels are what the source can be set to: at least three, ascending, the first
	// being 0. If nil, 0, 1, 7 and 120.
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

	// Peers returns n triggers that can be read in one exchange.
	Peers func(n int) []Trigger

	// MaxConns is how many connections any number of triggers on this source
	// may hold. If 0, it is 2.
	MaxConns int
}

// A Trigger is a trigger under test, and the means to set what it reads.
type Trigger struct {
	Spec scalerkit.Spec
	Set  func(ctx context.Context, level float64) error
}

// Run runs every check that applies as a subtest of t.
func (s Suite) Run(t *testing.T) {
	has := s.abilities(t)
	for _, c := range checks {
		if c.needs&^has == nothing {
			t.Run(c.name, func(t *testing.T) { s.run(t, c) })
		}
	}
}

// An ability is what not every source or driver has.
type ability int

const (
	nothing    ability = 0
	activation ability = 1 << iota
	missing
	denied
	batching
	watching
)

// abilities finds out what the source and its driver have.
func (s Suite) abilities(tb testing.TB) ability {
	has := nothing
	source := s.Start(tb)
	if source.ActivationKey != "" {
		has |= activation
	}
	if source.Missing != nil {
		has |= missing
	}
	if source.Denied != nil {
		has |= denied
	}
	scaler, err := s.Driver.Open(source.Spec, scalerkit.Options{})
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	if _, ok := scaler.(scalerkit.Batcher); ok {
		has |= batching
	}
	if _, ok := scaler.(scalerkit.Watcher); ok {
		has |= watching
	}
	if err := scaler.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
	return has
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
	{"UnsetVariableIsNamed", nothing, unsetVariableIsNamed},
	{"DoubledKeyIsNamed", nothing, doubledKeyIsNamed},
	{"EveryProblemIsReported", nothing, everyProblemIsReported},
	{"OpenDoesNoIO", nothing, openDoesNoIO},
	{"MetricIsConstant", nothing, metricIsConstant},
	{"ReportsLevel", nothing, reportsLevel},
	{"ActiveOnlyAboveActivation", activation, activeOnlyAboveActivation},
	{"UnreachableIsAnError", nothing, unreachableIsAnError},
	{"ResetIsNeverAWrongLevel", nothing, resetIsNeverAWrongLevel},
	{"BlackHoleIsAnError", nothing, blackHoleIsAnError},
	{"HalfAnAnswerIsAnError", nothing, halfAnAnswerIsAnError},
	{"MissingIsErrNotFound", missing, missingIsErrNotFound},
	{"DeniedIsErrDenied", denied, deniedIsErrDenied},
	{"RecoversAfterOutage", nothing, recoversAfterOutage},
	{"ReadsConcurrently", nothing, readsConcurrently},
	{"CancelledReadReturns", nothing, cancelledReadReturns},
	{"CloseUnblocksRead", nothing, closeUnblocksRead},
	{"CloseTwiceIsCloseOnce", nothing, closeTwiceIsCloseOnce},
	{"ReadAfterCloseIsErrClosed", nothing, readAfterCloseIsErrClosed},
	{"LeavesNothingBehind", nothing, leavesNothingBehind},
	{"ManyTriggersShareConnections", nothing, manyTriggersShareConnections},
	{"BatchEqualsSingleReads", batching, batchEqualsSingleReads},
	{"OneFailureInABatchIsOneFailure", missing | batching, oneFailureInABatchIsOneFailure},
	{"ClosedPeerDisturbsNobody", batching, closedPeerDisturbsNobody},
	{"OutageFailsTheWholeBatch", batching, outageFailsTheWholeBatch},
	{"CancelledBatchReturns", batching, cancelledBatchReturns},
	{"WatchWakes", watching, watchWakes},
	{"WatchEndsWithContext", watching, watchEndsWithContext},
}

// An env is what one check works in.
type env struct {
	testing.TB
	Source
	driver  scalerkit.Driver
	network *network
	options scalerkit.Options
	secrets *leakDetector
}

func (s Suite) run(tb testing.TB, c check) {
	e := &env{TB: tb, Source: s.Start(tb), driver: s.Driver, network: newNetwork()}
	if e.Levels == nil {
		e.Levels = []float64{0, 1, 7, 120}
	}
	if e.MaxConns == 0 {
		e.MaxConns = 2
	}
	e.secrets = &leakDetector{secrets: e.Secrets}
	e.options = scalerkit.Options{Dial: e.network.dial, Pool: new(scalerkit.Pool), Logger: e.secrets.logger()}
	tb.Cleanup(func() {
		e.network.heal()
		for _, leak := range e.secrets.leaks() {
			tb.Errorf("a secret was printed: %s", leak)
		}
	})
	c.run(e)
}

// try opens a Scaler and takes note of the error.
func (e *env) try(spec scalerkit.Spec) (scalerkit.Scaler, error) {
	s, err := e.driver.Open(spec, e.options)
	e.secrets.seeError(err)
	if err == nil {
		e.secrets.see(s.Metric().Name)
	}
	return s, err
}

// open opens a Scaler that is closed with the check.
func (e *env) open(spec scalerkit.Spec) scalerkit.Scaler {
	e.Helper()
	s, err := e.try(spec)
	if err != nil {
		e.Fatalf("open: %v", err)
	}
	e.Cleanup(func() {
		if err := s.Close(); err != nil {
			e.Errorf("close: %v", err)
		}
	})
	return s
}

// set sets the level of a trigger.
func (e *env) set(t Trigger, level float64) {
	e.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.Set(ctx, level); err != nil {
		e.Fatalf("set the source to %v: %v", level, err)
	}
}

// read reads with a time limit and checks what holds for every outcome.
func (e *env) read(s scalerkit.Scaler) (scalerkit.Reading, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := s.Read(ctx)
	e.secrets.seeError(err)
	if err != nil && r != (scalerkit.Reading{}) {
		e.Errorf("read returned %+v along with the error %v", r, err)
	}
	return r, err
}

// await reads until the level is what was set, as long as the source may take
// to show it.
func (e *env) await(s scalerkit.Scaler, level float64) scalerkit.Reading {
	e.Helper()
	deadline := time.Now().Add(e.Settle)
	for {
		r, err := e.read(s)
		if err == nil && r.Value == level {
			return r
		}
		if time.Now().After(deadline) {
			e.Fatalf("read %+v, %v; want the level %v", r, err, level)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// opened opens the source's trigger and waits until it reads the highest
// level, so that an answer of 0 cannot pass for right afterwards.
func (e *env) opened() (s scalerkit.Scaler, level float64) {
	e.Helper()
	level = e.Levels[len(e.Levels)-1]
	e.set(e.Trigger, level)
	s = e.open(e.Spec)
	e.await(s, level)
	return s, level
}

// within fails the check unless f returns promptly.
func (e *env) within(what string, f func()) {
	e.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		e.Fatalf("%s: did not return within %v", what, patience)
	}
}

// eventually waits for a condition.
func eventually(condition func() bool) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return condition()
}

// with returns a copy of spec with one more key in the metadata.
func with(spec scalerkit.Spec, key, value string) scalerkit.Spec {
	spec.Metadata = maps.Clone(spec.Metadata)
	if spec.Metadata == nil {
		spec.Metadata = make(map[string]string)
	}
	spec.Metadata[key] = value
	return spec
}

// without returns a copy of spec in which nothing gives a parameter.
func without(spec scalerkit.Spec, p scalerkit.Param) scalerkit.Spec {
	spec.Metadata, spec.Auth = maps.Clone(spec.Metadata), maps.Clone(spec.Auth)
	for _, name := range p.Names {
		delete(spec.Metadata, name)
		delete(spec.Metadata, name+"FromEnv")
		delete(spec.Auth, name)
	}
	return spec
}

// names reports whether err has a ConfigError about one of the keys, which
// also says of which trigger type it speaks.
func names(err error, keys ...string) error {
	problems := scalerkit.ConfigErrors(err)
	if len(problems) == 0 {
		return fmt.Errorf("is no ConfigError: %w", err)
	}
	for _, p := range problems {
		if p.Type == "" {
			return fmt.Errorf("does not name the trigger type: %w", err)
		}
		for _, key := range keys {
			if p.Key == key || p.Key == key+"FromEnv" {
				return nil
			}
		}
	}
	return fmt.Errorf("does not name %v: %w", keys, err)
}
