package tlshint_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit/internal/tlshint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial connects to a server that hears the first words of a client and then
// answers with the given text, and hangs up.
func dial(t *testing.T, answer string) net.Conn {
	here, there := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = there.Read(make([]byte, 4096))
		_, _ = io.WriteString(there, answer)
		_ = there.Close()
	}()
	conn, err := tlshint.Dial(func(context.Context, string, string) (net.Conn, error) { return here, nil })(context.Background(), "tcp", "x:1")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		<-done
	})
	return conn
}

func TestWhoSpeaksTLS(t *testing.T) {
	const alert = "\x15\x03\x01\x00\x02\x02\x46"
	for name, c := range map[string]struct {
		secured bool
		answer  string
		want    string
		isEOF   bool
	}{
		"plain to TLS":                     {false, alert, "the server speaks TLS on this port, and was spoken to without TLS", false},
		"plain to TLS, one byte at a time": {false, alert[:1], "the server speaks TLS on this port, and was spoken to without TLS", false},
		"plain to silence":                 {false, "", "the server hung up without a word, as one does that expects TLS", true},
		"plain to plain":                   {false, "\x00\x00", "EOF", true},
		"plain to what is no record":       {false, "\x15\x04", "EOF", true},
		"TLS to plain":                     {true, "HTTP/1.1 400", "the server does not speak TLS on this port, and was spoken to with TLS", false},
		"TLS to silence":                   {true, "", "the server hung up in the TLS handshake without a word, as one does that does not expect TLS", true},
		"TLS to TLS":                       {true, alert, "remote error: tls: protocol version not supported", false},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, c.answer)
			var err error
			if c.secured {
				err = tls.Client(conn, &tls.Config{ServerName: "x", MinVersion: tls.VersionTLS12}).HandshakeContext(t.Context())
			} else {
				_, err = io.WriteString(conn, "hello")
				require.NoError(t, err)
				var heard []byte
				for b := make([]byte, 4096); err == nil; {
					var n int
					n, err = conn.Read(b)
					heard = append(heard, b[:n]...)
				}
				if _, hinted := err.(*tlshint.Error); !hinted { //nolint:errorlint // it is the error itself
					require.Equal(t, c.answer, string(heard))
				} else {
					_, again := conn.Read(make([]byte, 1))
					require.Equal(t, err, again)
					_, again = io.WriteString(conn, "hello?")
					require.Equal(t, err, again)
				}
			}
			require.EqualError(t, err, c.want)
			require.Equal(t, c.isEOF, errors.Is(err, io.EOF))
		})
	}
}

// Who closes a connection that nothing was said on has not misunderstood.
func TestNothingSaid(t *testing.T) {
	here, there := net.Pipe()
	require.NoError(t, there.Close())
	conn, err := tlshint.Dial(func(context.Context, string, string) (net.Conn, error) { return here, nil })(context.Background(), "tcp", "x:1")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.NoError(t, conn.Close())
}

// Clients look into connections to find those that broke while they were idle.
func TestConnectionsCanBeLookedInto(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	conn, err := tlshint.Dial(nil)(context.Background(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	require.Implements(t, (*syscall.Conn)(nil), conn)
	require.NoError(t, conn.Close())
	require.NoError(t, listener.Close())
	require.NotImplements(t, (*syscall.Conn)(nil), dial(t, ""))

	_, err = tlshint.Dial(nil)(context.Background(), "tcp", listener.Addr().String())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}
