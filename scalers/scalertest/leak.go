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
	log   bytes.Buffer // of Options.Logger
	aloud bytes.Buffer // said through package log
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
	d.see(d.spoken())
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

// hear takes note of what was said through package log.
func (d *leakDetector) hear(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.aloud.Write(p)
}

// spoken returns what was said through package log so far.
func (d *leakDetector) spoken() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.aloud.String()
}

// Write implements io.Writer for the logger.
func (d *leakDetector) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}
