package scalertest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strings"
)

// Checks run side by side, so each puts a mark on its goroutines, which those
// that are started by them inherit. Those of the suite itself and of the source
// have marks of their own. What a timer starts has none, whosever it is.
const (
	label      = "scalertest"
	suiteMark  = "suite"
	sourceMark = "source"
)

// mark marks the calling goroutine.
func mark(as string) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(label, as)))
}

// A census has the goroutines of one check, and those that nobody has marked, by
// the function with which they began.
type census map[string]kind

// A kind of goroutines is those that began with the same function.
type kind struct {
	count int
	stack string // of one of them
}

// census counts the goroutines that there are.
func (e *env) census() census {
	e.Helper()
	blocks, err := profile()
	if err != nil {
		e.Fatal(err)
	}
	c := make(census)
	for _, b := range blocks {
		if b.mark == e.mark || b.mark == "" {
			k := c[b.began]
			k.count += b.count
			k.stack = b.stack
			c[b.began] = k
		}
	}
	return c
}

// grown says what there are at least n more of than before, and where: of three
// kinds at the most.
func (c census) grown(before census, n int) string {
	var text strings.Builder
	for _, began := range slices.Sorted(maps.Keys(c)) {
		if more := c[began].count - before[began].count; more >= n {
			if strings.Count(text.String(), "\n\n") == 3 {
				text.WriteString("and others")
				break
			}
			fmt.Fprintf(&text, "%d goroutines of %s, one of them in\n%s\n\n", more, began, c[began].stack)
		}
	}
	return text.String()
}

// A block is what a profile says of goroutines that are at the same place.
type block struct {
	count              int
	mark, began, stack string
}

// profile returns what all goroutines of the process do.
func profile() ([]block, error) {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return nil, fmt.Errorf("list the goroutines: %w", err)
	}
	var blocks []block
	for part := range strings.SplitSeq(text.String(), "\n\n") {
		var b block
		var frames []string
		for line := range strings.Lines(part) {
			if labels, ok := strings.CutPrefix(line, "# labels: "); ok {
				_, after, _ := strings.Cut(labels, `"`+label+`":"`)
				b.mark, _, _ = strings.Cut(after, `"`)
			} else if frame, ok := strings.CutPrefix(line, "#\t"); ok {
				_, frame, _ = strings.Cut(strings.TrimSpace(frame), "\t") // after the address
				frames = append(frames, frame)
			} else if !strings.HasPrefix(line, "goroutine profile:") {
				_, _ = fmt.Sscanf(line, "%d @", &b.count)
			}
		}
		if len(frames) > 0 {
			b.stack = "\t" + strings.Join(frames, "\n\t")
			b.began, _, _ = strings.Cut(frames[len(frames)-1], "+0x")
			blocks = append(blocks, b)
		}
	}
	return blocks, nil
}
