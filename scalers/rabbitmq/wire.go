package rabbitmq

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"sync"
)

// errSilent is why a wire is cut whose other end does not answer.
var errSilent = errors.New("no answer in time")

// A wire is the network connection below an AMQP connection. It remembers why
// it broke, which the client library partly forgets.
type wire struct {
	net.Conn
	mu    sync.Mutex
	cause error
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.note(err)
	return n, err
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.note(err)
	return n, err
}

// cut breaks the connection for a reason.
func (w *wire) cut(reason error) {
	w.note(reason)
	_ = w.Conn.Close() // it is given up
}

func (w *wire) note(cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cause == nil {
		w.cause = cause
	}
}

// lost returns why the connection broke; err if that is not known. The wire may
// be nil.
func (w *wire) lost(err error) error {
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		err = cmp.Or(w.cause, err)
	}
	return fmt.Errorf("connection lost: %w", err)
}
