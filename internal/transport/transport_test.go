package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct is for tests that have nothing to do with the proxy that the machine
// may have.
func direct(*http.Request) (*url.URL, error) { return nil, nil }

func get(ctx context.Context, tr http.RoundTripper, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := tr.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// ask sends a request without waiting for its answer. The error comes later.
func ask(ctx context.Context, tr http.RoundTripper, address string) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := get(ctx, tr, address)
		result <- err
	}()
	return result
}

// greet is what servers say.
func greet(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// A stubborn dialer takes no notice of its context.
type stubborn struct {
	begun, release chan struct{}
	near, far      net.Conn
}

func newStubborn() *stubborn {
	near, far := net.Pipe()
	return &stubborn{make(chan struct{}), make(chan struct{}), near, far}
}

func (s *stubborn) options() scalerkit.Options {
	return scalerkit.Options{
		HTTP: scalerkit.HTTP{Proxy: direct},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			close(s.begun)
			<-s.release
			return s.near, nil
		},
	}
}

func TestADialThatEndsAfterCloseLeavesNoConnection(t *testing.T) {
	s := newStubborn()
	tr := transport.New(transport.Config{}, s.options())
	result := ask(t.Context(), tr, "http://source.example.com/")
	<-s.begun
	require.NoError(t, tr.Close())
	close(s.release)
	require.ErrorIs(t, <-result, net.ErrClosed)
	_, err := s.far.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// Package net/http goes on dialing for a request that was given up, for the sake
// of the next one.
func TestADialForNobodyLeavesNoConnection(t *testing.T) {
	s := newStubborn()
	tr := transport.New(transport.Config{}, s.options())
	ctx, giveUp := context.WithCancel(t.Context())
	result := ask(ctx, tr, "http://source.example.com/")
	<-s.begun
	giveUp()
	require.ErrorIs(t, <-result, context.Canceled)
	require.NoError(t, tr.Close())
	close(s.release)
	_, err := s.far.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestCloseEndsADialThatWouldTakeLong(t *testing.T) {
	begun := make(chan struct{})
	tr := transport.New(transport.Config{Timeout: time.Hour}, scalerkit.Options{
		HTTP: scalerkit.HTTP{Proxy: direct},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			close(begun)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	result := ask(t.Context(), tr, "http://source.example.com/")
	<-begun
	require.NoError(t, tr.Close())
	require.ErrorIs(t, <-result, net.ErrClosed)
}

func TestADialIsLimited(t *testing.T) {
	tr := transport.New(transport.Config{Timeout: time.Millisecond}, scalerkit.Options{
		HTTP: scalerkit.HTTP{Proxy: direct},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		},
	})
	defer tr.Close()
	_, err := get(t.Context(), tr, "http://source.example.com/")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestCloseEndsWhatIsUnderWayAndRefusesWhatComesLater(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){
		"HTTP/1.1": (*httptest.Server).Start,
		"TLS":      (*httptest.Server).StartTLS,
		"HTTP/2":   func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		t.Run(name, func(t *testing.T) {
			begun, gone := make(chan struct{}), make(chan struct{})
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(begun)
				<-r.Context().Done()
				close(gone)
			}))
			start(server)
			defer server.Close()
			tr := transport.New(transport.Config{TLS: trusts(server)}, scalerkit.Options{})
			result := ask(t.Context(), tr, server.URL)
			<-begun
			require.NoError(t, tr.Close())
			require.Error(t, <-result)
			<-gone

			_, err := get(t.Context(), tr, server.URL)
			require.ErrorIs(t, err, net.ErrClosed)
			require.NoError(t, tr.Close())
		})
	}
}

// trusts returns the configuration of a client that trusts one server only, if
// that has a certificate.
func trusts(server *httptest.Server) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if certificate := server.Certificate(); certificate != nil {
		config.RootCAs.AddCert(certificate)
	}
	return config
}

func TestWhatOptionsSay(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(greet))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(greet))
	defer secure.Close()
	const requests = 3
	for name, c := range map[string]struct {
		config  transport.Config
		options scalerkit.Options
		server  *httptest.Server
		dials   int
		timeout time.Duration
	}{
		"nothing": {
			server: plain, dials: 1, timeout: 3 * time.Second,
		},
		"a time limit": {
			options: scalerkit.Options{HTTP: scalerkit.HTTP{Timeout: time.Minute}},
			server:  plain, dials: 1, timeout: time.Minute,
		},
		"one that is none": {
			options: scalerkit.Options{HTTP: scalerkit.HTTP{Timeout: -1}},
			server:  plain, dials: 1, timeout: 3 * time.Second,
		},
		"another than the client's": {
			config:  transport.Config{Timeout: time.Hour},
			options: scalerkit.Options{HTTP: scalerkit.HTTP{Timeout: time.Minute}},
			server:  plain, dials: 1, timeout: time.Hour,
		},
		"no keep-alive": {
			options: scalerkit.Options{HTTP: scalerkit.HTTP{DisableKeepAlives: true}},
			server:  plain, dials: requests, timeout: 3 * time.Second,
		},
		"roots": {
			options: scalerkit.Options{TLSConfig: trusts(secure)},
			server:  secure, dials: 1, timeout: 3 * time.Second,
		},
		"others than the client's": {
			config:  transport.Config{TLS: trusts(secure)},
			options: scalerkit.Options{TLSConfig: trusts(plain)},
			server:  secure, dials: 1, timeout: 3 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dials := 0 // one after the other
			c.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				dials++
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			tr := transport.New(c.config, c.options)
			defer tr.Close()
			require.Equal(t, c.timeout, tr.Timeout)
			for range requests {
				said, err := get(t.Context(), tr, c.server.URL)
				require.NoError(t, err)
				require.Equal(t, "hello", said)
			}
			require.Equal(t, c.dials, dials)
		})
	}
}

func TestNobodyIsTrustedUnasked(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(greet))
	defer secure.Close()
	tr := transport.New(transport.Config{}, scalerkit.Options{})
	defer tr.Close()
	_, err := get(t.Context(), tr, secure.URL)
	require.EqualError(t, err, "tls: failed to verify certificate: x509: certificate signed by unknown authority")
}

// A lossy conn gets nothing any more once it is lost.
type lossy struct {
	net.Conn
	lost, closed chan struct{}
	once         sync.Once
}

func (l *lossy) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	select {
	case <-l.lost:
		<-l.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (l *lossy) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Conn.Close()
}

func TestALostConnectionIsReplaced(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(greet))
			server.EnableHTTP2 = http2
			server.StartTLS()
			defer server.Close()
			lost := make(chan struct{})
			var dialled atomic.Int64
			tr := transport.New(transport.Config{TLS: trusts(server), Timeout: 500 * time.Millisecond}, scalerkit.Options{
				HTTP: scalerkit.HTTP{Proxy: direct},
				Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, address)
					if err != nil || dialled.Add(1) > 1 {
						return conn, err
					}
					return &lossy{Conn: conn, lost: lost, closed: make(chan struct{})}, nil
				},
			})
			defer tr.Close()
			_, err := get(t.Context(), tr, server.URL)
			require.NoError(t, err)
			close(lost)
			require.Eventually(t, func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), tr.Timeout)
				defer cancel()
				_, err := get(ctx, tr, server.URL)
				return err == nil
			}, 20*time.Second, time.Millisecond)
		})
	}
}
