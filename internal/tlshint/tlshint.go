// Package tlshint finds out that one end of a connection speaks TLS and the
// other does not. Without it, that is an EOF or an unreadable answer.
package tlshint

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// A DialFunc opens network connections, as scalerkit.Options.Dial does.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// An Error says what the server's first answer, or the lack of one, looks like.
type Error struct {
	text  string
	cause error // nil if the server did answer
}

// Error implements error.
func (e *Error) Error() string { return e.text }

// Is reports whether the error of the connection, if there was one, is target.
// There is no Unwrap, by which go-redis would get at that and leave the rest.
func (e *Error) Is(target error) bool { return e.cause != nil && errors.Is(e.cause, target) }

// Silent returns the error for a TLS handshake that was given up for the given
// reason, with no end in sight.
func Silent(reason error) error {
	return &Error{"the TLS handshake came to no end, as with a server that does not expect TLS: " + reason.Error(), reason}
}

// The texts of Errors.
const (
	expectsTLS    = "the server speaks TLS on this port, and was spoken to without TLS"
	expectsNone   = "the server does not speak TLS on this port, and was spoken to with TLS"
	mayExpectTLS  = "the server hung up without a word, as one does that expects TLS"
	mayExpectNone = "the server hung up in the TLS handshake without a word, as one does that does not expect TLS"
)

// Dial returns a DialFunc like dial, whose connections fail with an *Error if
// their ends do not agree on TLS. It matters not whether TLS is added by the
// caller or not at all. If dial is nil, a net.Dialer takes its place.
func Dial(dial DialFunc) DialFunc {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		inner, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: inner}
		if raw, ok := inner.(syscall.Conn); ok {
			return rawConn{c, raw}, nil
		}
		return c, nil
	}
}

// A conn looks at the first byte in either direction.
type conn struct {
	net.Conn
	said  atomic.Int32 // the first byte written and 1; 0 if there was none yet
	heard atomic.Bool  // the server's first answer was looked at

	// hint is what the answer looked like, if it was wrong. It is said again
	// whenever the conn is used, since clients do not always pass on the first
	// error.
	hint atomic.Pointer[Error]
}

// A rawConn is a conn that lets others look into the one below it.
type rawConn struct {
	*conn
	syscall.Conn
}

func (c *conn) Write(p []byte) (int, error) {
	if hint := c.hint.Load(); hint != nil {
		return 0, hint
	}
	if len(p) > 0 {
		c.said.CompareAndSwap(0, int32(p[0])+1)
	}
	return c.Conn.Write(p)
}

func (c *conn) Read(p []byte) (int, error) {
	if hint := c.hint.Load(); hint != nil {
		return 0, hint
	}
	n, err := c.Conn.Read(p)
	if n == 0 && err == nil || c.heard.Swap(true) {
		return n, err
	}
	if hint := c.judge(p[:n], err); hint != nil {
		c.hint.Store(hint)
		return 0, hint
	}
	return n, err
}

// judge says what the server's first answer looks like, nil if there is
// nothing to say.
func (c *conn) judge(answer []byte, err error) *Error {
	const handshake = 22 // the type of the record that a client begins with
	said := c.said.Load()
	speaksTLS := said == handshake+1
	hungUp := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	switch {
	case len(answer) > 0 && speaksTLS && !isRecord(answer):
		return &Error{text: expectsNone}
	case len(answer) > 0 && !speaksTLS && isRecord(answer):
		return &Error{text: expectsTLS}
	case len(answer) > 0 || said == 0 || !hungUp:
		return nil
	case speaksTLS:
		return &Error{mayExpectNone, err}
	}
	return &Error{mayExpectTLS, err}
}

// isRecord reports whether a TLS record begins like p: with one of its four
// types and the major version.
func isRecord(p []byte) bool {
	return p[0] >= 20 && p[0] <= 23 && (len(p) == 1 || p[1] == 3)
}
