// Package progress says on a terminal how much of some long work is done.
package progress

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

// A Bar grows with the part of the work that is done. One that is nil says nothing. It
// is for one goroutine at a time.
type Bar struct {
	w     io.Writer
	now   func() time.Time
	begin time.Time
	shown int // percent; 0 is nothing
}

const (
	after = 500 * time.Millisecond // shorter work needs none
	width = 40
)

// New returns a bar for work that begins now, and nil if w is no terminal.
func New(w io.Writer) *Bar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(f.Fd()) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &Bar{w: w, now: time.Now, begin: time.Now()}
}

// Done says which part of all is done: 0 to 1.
func (b *Bar) Done(part float64) {
	if b == nil {
		return
	}
	percent := int(100 * part)
	if percent == b.shown || b.now().Sub(b.begin) < after {
		return
	}
	b.shown = percent
	full := percent * width / 100
	fmt.Fprintf(b.w, "\r%3d%% %s%s", percent, strings.Repeat("█", full), strings.Repeat("░", width-full))
}

// End wipes the bar out.
func (b *Bar) End() {
	if b != nil && b.shown > 0 {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = 0
	}
}

// Follow returns a load that says how much of its length was played, which is a part of
// what is done in so many runs. They are counted from 0.
func (b *Bar) Follow(l simulate.Load, length time.Duration, run, runs int) simulate.Load {
	if b == nil {
		return l
	}
	next := time.Duration(0)
	return func(from, to time.Duration, chance *rand.Rand) float64 {
		if from >= next {
			next = from + length/100
			b.Done((float64(run) + float64(from)/float64(length)) / float64(runs))
		}
		return l(from, to, chance)
	}
}
