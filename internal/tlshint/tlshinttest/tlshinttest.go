// Package tlshinttest has a server that nobody can agree with on TLS, for the
// tests of drivers.
package tlshinttest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Alert is what a server that expects TLS answers to others.
const Alert = "\x15\x03\x01\x00\x02\x02\x46"

// Serve starts a server and returns its host:port. It answers the first words
// of each client with the given text, and hangs up.
func Serve(tb testing.TB, answer string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			})
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}
