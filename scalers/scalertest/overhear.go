package scalertest

import (
	"io"
	"log"
	"strings"
	"sync"
)

// listeners are the checks under way, which hear what their drivers say through
// package log, and through slog's default, which ends up there.
var listeners = struct {
	sync.Mutex
	byMark map[string]*leakDetector
	inner  io.Writer // where the log went before the first came
}{byMark: make(map[string]*leakDetector)}

// overhear has the detector hear what goroutines with a mark log, until stop is
// called. What others log goes where it went before.
func (d *leakDetector) overhear(mark string) (stop func()) {
	listeners.Lock()
	defer listeners.Unlock()
	if len(listeners.byMark) == 0 {
		listeners.inner = log.Writer()
		log.SetOutput(ear{})
	}
	listeners.byMark[mark] = d
	return func() {
		listeners.Lock()
		defer listeners.Unlock()
		delete(listeners.byMark, mark)
		if len(listeners.byMark) == 0 {
			log.SetOutput(listeners.inner)
		}
	}
}

// An ear is what package log writes to.
type ear struct{}

func (ear) Write(p []byte) (int, error) {
	listeners.Lock()
	defer listeners.Unlock()
	if d := whoSpeaks(); d != nil {
		return d.hear(p)
	}
	return listeners.inner.Write(p)
}

// whoSpeaks returns the detector for the goroutine that calls it, nil if that is
// nobody's. It finds itself by its name among all goroutines.
func whoSpeaks() *leakDetector {
	blocks, err := profile()
	if err != nil {
		return nil
	}
	for _, b := range blocks {
		if strings.Contains(b.stack, "scalertest.whoSpeaks+0x") {
			return listeners.byMark[b.mark]
		}
	}
	return nil
}
