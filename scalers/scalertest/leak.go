package scalertest

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// A leakDetector looks for secrets in all that a driver says.
type leakDetector struct {
	secrets []string

	mu    sync.Mutex
	found []string
	log   bytes.Buffer
}

// see takes note of a text.
func (d *leakDetector) see(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, secret := range d.secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			leak := strings.ReplaceAll(text, form, "<secret>")
			if leak != text && !slices.Contains(d.found, leak) {
				d.found = append(d.found, leak)
			}
		}
	}
}

// seeError takes note of an error in every form in which it may be printed.
func (d *leakDetector) seeError(err error) {
	if err == nil {
		return
	}
	d.see(err.Error())
	d.see(fmt.Sprintf("%+v", err))
	d.see(fmt.Sprintf("%#v", err))
}

// leaks returns all texts that had a secret in them.
func (d *leakDetector) leaks() []string {
	d.see(d.logged())
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found
}

// logger returns a Logger whose output is looked at.
func (d *leakDetector) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(d, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// logged returns what was logged so far.
func (d *leakDetector) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// Write implements io.Writer for the logger.
func (d *leakDetector) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}
