package scalertest

import (
	"context"
	"errors"
	"sync"
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
		if want := level > s.Metric().Activation; r.Active != want {
			e.Errorf("at level %v Active is %v, want %v", level, r.Active, want)
		}
	}
}

func activeOnlyAboveActivation(e *env) {
	threshold := e.Levels[len(e.Levels)-2]
	s := e.open(e.override(e.ActivationKey, trim(threshold)))
	if got := s.Metric().Activation; got != threshold {
		e.Fatalf("Metric().Activation is %v, %s says %v", got, e.ActivationKey, threshold)
	}
	for _, level := range e.Levels {
		e.set(e.Trigger, level)
		if r := e.await(s, level); r.Active != (level > threshold) {
			e.Errorf("at level %v and activation %v Active is %v", level, threshold, r.Active)
		}
	}
}

// wantError fails the check if a reading came of a source in trouble.
func (e *env) wantError(what string, r scalerkit.Reading, err error) {
	e.Helper()
	if err == nil {
		e.Errorf("%s: read %+v and no error", what, r)
	}
	if errors.Is(err, scalerkit.ErrClosed) {
		e.Errorf("%s: the error is ErrClosed, but the scaler is open: %v", what, err)
	}
}

func unreachableIsAnError(e *env) {
	s, _ := e.opened()
	e.network.refuse()
	for range 3 {
		r, err := e.read(s)
		e.wantError("an unreachable source", r, err)
		if errors.Is(err, scalerkit.ErrNotFound) || errors.Is(err, scalerkit.ErrDenied) {
			e.Errorf("an unreachable source is reported as an answer: %v", err)
		}
	}
	if e.network.dialled() == 0 {
		e.Error("the driver does not use Options.Dial")
	}
}

// resetIsNeverAWrongLevel breaks connections between reads. A driver may
// notice and connect anew, or fail once.
func resetIsNeverAWrongLevel(e *env) {
	s, level := e.opened()
	for range 3 {
		e.network.reset()
		if r, err := e.read(s); err == nil && r.Value != level {
			e.Errorf("after a reset: read %+v, want %v or an error", r, level)
		}
		e.recovered(s, level)
	}
}

// recovered waits until the scaler reads the level again.
func (e *env) recovered(s scalerkit.Scaler, level float64) {
	e.Helper()
	var r scalerkit.Reading
	var err error
	ok := eventually(func() bool {
		r, err = e.read(s)
		if err == nil && r.Value != level {
			e.Errorf("on recovery: read %+v, want %v", r, level)
		}
		return err == nil
	})
	if !ok {
		e.Fatalf("does not recover: %v", err)
	}
}

func blackHoleIsAnError(e *env) {
	s, level := e.opened()
	e.network.stall()
	e.within("Read of a source that does not answer", func() {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		r, err := s.Read(ctx)
		e.secrets.seeError(err)
		e.wantError("a source that does not answer", r, err)
	})
	e.network.heal()
	e.recovered(s, level)
}

// halfAnAnswerIsAnError cuts connections after every number of bytes up to
// where the driver has all it needs: in the middle of an answer, and, as it
// connects anew, in the middle of a handshake.
func halfAnAnswerIsAnError(e *env) {
	s, level := e.opened()
	for bytes := 0; bytes < 1<<14; bytes += 1 + bytes/8 {
		e.network.cutAfter(bytes)
		r, err := e.read(s)
		if err == nil && r.Value != level {
			e.Errorf("cut after %d bytes: read %+v, want %v or an error", bytes, r, level)
		}
		if errors.Is(err, scalerkit.ErrNotFound) || errors.Is(err, scalerkit.ErrDenied) {
			e.Errorf("cut after %d bytes: half an answer is reported as a whole one: %v", bytes, err)
		}
	}
	e.network.heal()
	e.recovered(s, level)
}

func missingIsErrNotFound(e *env) {
	r, err := e.read(e.open(*e.Missing))
	e.wantError("a missing thing", r, err)
	if !errors.Is(err, scalerkit.ErrNotFound) {
		e.Errorf("a missing thing gives %v, which is no ErrNotFound", err)
	}
}

func deniedIsErrDenied(e *env) {
	r, err := e.read(e.open(*e.Denied))
	e.wantError("refused credentials", r, err)
	if !errors.Is(err, scalerkit.ErrDenied) {
		e.Errorf("refused credentials give %v, which is no ErrDenied", err)
	}
}

func recoversAfterOutage(e *env) {
	s, level := e.opened()
	for range 2 {
		e.network.refuse()
		r, err := e.read(s)
		e.wantError("an outage", r, err)
		e.network.heal()
		e.recovered(s, level)
	}
}

func readsConcurrently(e *env) {
	s, level := e.opened()
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for range 8 {
				if r, err := e.read(s); err != nil || r.Value != level {
					e.Errorf("read %+v, %v; want %v", r, err, level)
				}
				s.Metric()
			}
		})
	}
	readers.Wait()
}
