package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A progress says on a terminal how much of some long work is done. One that is nil
// says nothing.
type progress struct {
	w     io.Writer
	now   func() time.Time
	begin time.Time
	shown int // percent; 0 is nothing
}

const (
	progressAfter = 500 * time.Millisecond // shorter work needs none
	progressWidth = 40
)

// newProgress returns nil if w is no terminal.
func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(f.Fd()) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &progress{w: w, now: time.Now, begin: time.Now()}
}

// done says which part of all is done.
func (p *progress) done(part float64) {
	if p == nil {
		return
	}
	percent := int(100 * part)
	if percent == p.shown || p.now().Sub(p.begin) < progressAfter {
		return
	}
	p.shown = percent
	full := percent * progressWidth / 100
	fmt.Fprintf(p.w, "\r%3d%% %s%s", percent, strings.Repeat("█", full), strings.Repeat("░", progressWidth-full))
}

// end wipes the bar out.
func (p *progress) end() {
	if p != nil && p.shown > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = 0
	}
}

// follow returns a load that says how much of it was played, as a part of so many
// runs, after some of them.
func (p *progress) follow(l simulate.Load, length time.Duration, run, runs int) simulate.Load {
	if p == nil {
		return l
	}
	next := time.Duration(0)
	return func(from, to time.Duration, chance *rand.Rand) float64 {
		if from >= next {
			next = from + length/100
			p.done((float64(run) + float64(from)/float64(length)) / float64(runs))
		}
		return l(from, to, chance)
	}
}
