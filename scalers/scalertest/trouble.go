package scalertest

import (
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
)

func unreachableIsAnError(e *env) {
	const reads = 3
	s, _ := e.opened()
	e.network.refuse()
	before := e.network.dialled()
	for range reads {
		r, err := e.read(s)
		e.wantNoAnswer("an unreachable source", r, err)
	}
	switch dials := e.network.dialled() - before; {
	case e.network.dialled() == 0:
		e.Error("the driver does not use Options.Dial")
	case dials > reads*e.MaxConns:
		e.Errorf("%d Reads of an unreachable source dialled %d times: Read does not retry", reads, dials)
	}
}

// blackHoleIsAnError lets an answer arrive after Read gave up on it. It must
// not be taken for the answer to the next question.
func blackHoleIsAnError(e *env) {
	s, _ := e.opened()
	e.network.stall()
	r, err := e.readFor(200*time.Millisecond, s)
	e.wantNoAnswer("a source that does not answer", r, err)
	e.recoversAt(e.Levels[1], s)
}

// recoversAt sets another level before it ends the trouble.
func (e *env) recoversAt(level float64, s scalerkit.Scaler) {
	e.Helper()
	e.set(e.Trigger, level)
	time.Sleep(e.Settle)
	e.network.heal()
	e.recovered(s, level)
}

// halfAnAnswerIsAnError ends connections in the middle of an answer and, as
// the driver connects anew, in the middle of a handshake.
func halfAnAnswerIsAnError(e *env) {
	s, level := e.opened()
	e.halve(s, level, func(what string) error {
		r := result(e.read(s))
		e.wantLevelOrTrouble(what, r, level)
		return r.Err
	})
}

// wantLevelOrTrouble fails the check unless the result is the level, or an
// error that is not an answer.
func (e *env) wantLevelOrTrouble(what string, r scalerkit.Result, level float64) {
	e.Helper()
	if r.Err != nil {
		e.wantNoAnswer(what, r.Reading, r.Err)
	} else if r.Reading.Value != level {
		e.Errorf("%s: read %+v, want %v or an error", what, r.Reading, level)
	}
}

// halve calls read again and again, with connections that end after some
// number of bytes: at first with one that there is, and then with one that has
// to be made. Numbers are at the ends of answers, so that is where each byte
// counts.
func (e *env) halve(s scalerkit.Scaler, level float64, read func(what string) error) {
	e.Helper()
	connect := func() {
		e.network.heal()
		e.recovered(s, level)
	}
	disconnect := func() {
		e.network.cutAfter(0)
		_, _ = e.read(s) // for the driver to notice
	}
	for _, begin := range []func(){connect, disconnect} {
		begin()
		e.network.heal()
		total := e.received(read)
		for left := 1; left <= total; left += 1 + left/8 {
			begin()
			e.network.cutAfter(total - left)
			_ = read(fmt.Sprintf("all but the last %d of %d bytes", left, total)) // has checked the error
		}
	}
	e.network.heal()
	e.recovered(s, level)
}

// received returns how many bytes of answers it takes to read, once that
// succeeds.
func (e *env) received(read func(what string) error) int {
	e.Helper()
	var total int
	var err error
	ok := e.eventually(func() bool {
		before := e.network.received()
		err = read("the whole answer")
		total = e.network.received() - before
		return err == nil
	})
	if !ok {
		e.Fatalf("does not recover: %v", err)
	}
	if total == 0 {
		e.Fatal("Read receives nothing: the driver does not use Options.Dial")
	}
	return total
}

// resetIsNeverAWrongLevel breaks connections between reads. A driver may
// notice and connect anew, or fail once.
func resetIsNeverAWrongLevel(e *env) {
	s, level := e.opened()
	for range 3 {
		e.network.reset()
		e.wantLevelOrTrouble("a reset", result(e.read(s)), level)
		e.recovered(s, level)
	}
}

// recoversAfterOutage begins once with a source that can be reached and once
// with one that cannot.
func recoversAfterOutage(e *env) {
	connected, level := e.opened()
	for _, s := range []scalerkit.Scaler{connected, e.openWith(e.Spec, e.unpooled())} {
		for range 2 {
			e.network.refuse()
			r, err := e.read(s)
			e.wantNoAnswer("an outage", r, err)
			e.network.heal()
			e.recovered(s, level)
		}
	}
}

// unpooled returns Options with which a Scaler shares with nobody.
func (e *env) unpooled() scalerkit.Options {
	options := e.options
	options.Pool = nil
	return options
}

// lostConnectionIsReplaced lets connections die without a word, as firewalls
// do, once while they are idle and once while they are being made. A driver
// that waits for ever, or uses the connection again, never recovers.
func lostConnectionIsReplaced(e *env) {
	const short = 200 * time.Millisecond
	s, level := e.opened()
	e.network.lose()
	e.wantLevelOrTrouble("a lost connection", result(e.readFor(short, s)), level)
	e.recoveredWith(short, s, level)

	s = e.openWith(e.Spec, e.unpooled())
	e.network.stall()
	e.wantLevelOrTrouble("a lost handshake", result(e.readFor(short, s)), level)
	e.network.lose()
	e.network.heal()
	e.recoveredWith(short, s, level)
}
