package scalertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

func reportsLevel(e *env) {
	s := e.open(e.Spec)
	for _, level := range e.Levels {
		e.set(e.Trigger, level)
		r := e.await(s, level)
		if age := time.Since(r.Time); age < -time.Minute || age > time.Minute {
			e.Errorf("the reading of level %v is %v old", level, age)
		}
		if want := level > s.Metric().Activation; r.IsActive(s.Metric()) != want {
			e.Errorf("at level %v IsActive is %v, want %v", level, r.IsActive(s.Metric()), want)
		}
	}
}

// problemsOf returns what is wrong with what a Reading says besides its level.
func problemsOf(r scalerkit.Reading) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	switch r.Activity {
	case "", scalerkit.Active, scalerkit.Inactive:
	default:
		add("Activity is %q, want %q, %q or nothing", r.Activity, scalerkit.Active, scalerkit.Inactive)
	}
	if !(r.Target >= 0) || math.IsInf(r.Target, 0) {
		add("Target is %v, want a finite number of at least 0", r.Target)
	}
	if r.Limit < 0 {
		add("Limit is %d, want at least 0", r.Limit)
	}
	if r.Even && r.Limit == 0 {
		add("Even is set without a Limit to divide")
	}
	if strings.ContainsAny(r.Note, "\r\n") {
		add("Note %q has more than one line", r.Note)
	}
	return problems
}

func activeOnlyAboveActivation(e *env) {
	threshold := e.Levels[len(e.Levels)-2]
	s := e.open(e.override(e.ActivationKey, trim(threshold)))
	if got := s.Metric().Activation; got != threshold {
		e.Fatalf("Metric().Activation is %v, %s says %v", got, e.ActivationKey, threshold)
	}
	for _, level := range e.Levels {
		e.set(e.Trigger, level)
		if r := e.await(s, level); r.IsActive(s.Metric()) != (level > threshold) {
			e.Errorf("at level %v and activation %v IsActive is %v", level, threshold, r.IsActive(s.Metric()))
		}
	}
}

func missingIsErrNotFound(e *env) { e.wantAnswer(0) }

func deniedIsErrDenied(e *env) { e.wantAnswer(1) }

func throttledIsErrThrottled(e *env) { e.wantAnswer(2) }

// An answer is what a source says instead of a level.
type answer struct {
	name string
	spec *scalerkit.Spec // nil: cannot be provoked
	err  error
}

func (s Source) answers() [3]answer {
	return [3]answer{
		{"Missing", s.Missing, scalerkit.ErrNotFound},
		{"Denied", s.Denied, scalerkit.ErrDenied},
		{"Throttled", s.Throttled, scalerkit.ErrThrottled},
	}
}

// wantAnswer fails the check unless the error says which of the answers the
// source gave.
func (e *env) wantAnswer(i int) {
	e.Helper()
	a := e.answers()[i]
	r, err := e.read(e.open(*a.spec))
	e.wantError(a.name, r, err)
	if !errors.Is(err, a.err) {
		e.Errorf("%s: the error is %v, want one that is %q", a.name, err, a.err)
	}
}

// readDoesNotLog looks at the log after answers of all kinds.
func readDoesNotLog(e *env) {
	s, _ := e.opened()
	_, _ = e.read(s)
	for _, a := range e.answers() {
		if a.spec != nil {
			_, _ = e.read(e.open(*a.spec)) // whatever comes of it
		}
	}
	if log := e.secrets.logged(); log != "" {
		e.Errorf("Read logs:\n%s", log)
	}
}

// readsConcurrently reads several triggers over the same connections, each
// many times over. An answer that goes to the wrong one is a wrong level.
func readsConcurrently(e *env) {
	const triggers, readers, reads = 4, 4, 4
	scalers, levels := e.several(triggers)
	ctx, cancel := context.WithTimeout(context.Background(), e.patience/2)
	defer cancel()
	results := within(e, "Read by many at once", func() []scalerkit.Result {
		return concurrently(triggers*readers*reads, triggers*readers, func(i int) scalerkit.Result {
			s := scalers[i%triggers]
			s.Metric()
			if b, ok := s.(scalerkit.Batcher); ok && i%3 == 0 {
				return b.ReadBatch(ctx, []scalerkit.Scaler{s})[0]
			}
			return result(s.Read(ctx))
		})
	})
	for i, r := range results {
		e.inspect("Read by many at once", r)
		e.wantLevel(i%triggers, r, levels[i%triggers])
	}
}

// wantLevel fails the check unless the result is the level.
func (e *env) wantLevel(i int, r scalerkit.Result, level float64) {
	e.Helper()
	if r.Err != nil || r.Reading.Value != level {
		e.Errorf("trigger %d: %+v, %v; want %v", i, r.Reading, r.Err, level)
	}
}
