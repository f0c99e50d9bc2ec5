package transport_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/transport"
)

// environment sets the variables of proxies, and only those.
func environment(t *testing.T, variables map[string]string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, variables[name])
	}
}

// A crossing is a proxy that leads to one server, whatever it is asked for. It
// notes what that is.
type crossing struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newCrossing(t *testing.T, destination string) *crossing {
	c := &crossing{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.asked = append(c.asked, r.Method+" "+r.Host)
		c.mu.Unlock()
		if r.Method != http.MethodConnect {
			greet(w, r)
			return
		}
		far, err := new(net.Dialer).DialContext(r.Context(), "tcp", destination)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			defer near.Close()
			_, _ = io.Copy(near, far)
		}()
		_, _ = io.Copy(far, near)
	}))
	t.Cleanup(c.Close)
	return c
}

// take returns what the proxy was asked for since the last time.
func (c *crossing) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.asked = nil }()
	return c.asked
}

func TestTheEnvironmentsProxyIsUsedAsItIsWhenTheClientIsMade(t *testing.T) {
	source := httptest.NewTLSServer(http.HandlerFunc(greet))
	defer source.Close()
	proxy := newCrossing(t, source.Listener.Addr().String())
	config := trusts(source)
	config.ServerName = "example.com" // which the certificate is for
	open := func() *transport.Transport {
		tr := transport.New(transport.Config{TLS: config}, scalerkit.Options{})
		t.Cleanup(func() { require.NoError(t, tr.Close()) })
		return tr
	}
	hear := func(tr *transport.Transport, address string) {
		t.Helper()
		said, err := get(t.Context(), tr, address)
		require.NoError(t, err)
		require.Equal(t, "hello", said)
	}

	environment(t, nil)
	before := open()
	environment(t, map[string]string{"HTTPS_PROXY": proxy.URL, "HTTP_PROXY": proxy.URL})
	hear(before, source.URL)
	require.Empty(t, proxy.take())

	tr := open()
	hear(tr, "https://source.example.com/")
	hear(tr, "http://source.example.com/")
	require.Equal(t, []string{"CONNECT source.example.com:443", "GET source.example.com"}, proxy.take())
	hear(tr, source.URL)
	require.Empty(t, proxy.take(), "the loopback interface")

	environment(t, map[string]string{"https_proxy": proxy.URL})
	hear(open(), "https://source.example.com/")
	require.Equal(t, []string{"CONNECT source.example.com:443"}, proxy.take())
}

// route returns the address that is dialed for a request.
func route(t *testing.T, options scalerkit.Options, address string) string {
	var dialed string
	options.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
		dialed = address
		return nil, io.ErrUnexpectedEOF
	}
	tr := transport.New(transport.Config{}, options)
	defer tr.Close()
	_, err := get(t.Context(), tr, address)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	return dialed
}

func TestWhatAProxyIsUsedFor(t *testing.T) {
	environment(t, map[string]string{
		"HTTPS_PROXY": "http://user:secret@secure.proxy:3128", "HTTP_PROXY": "plain.proxy:3129", "NO_PROXY": "internal.example.com,10.0.0.0/8,.svc",
	})
	for address, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/":               "secure.proxy:3128",
		"http://source.example.com/":                         "plain.proxy:3129",
		"https://internal.example.com/":                      "internal.example.com:443",
		"https://rabbitmq.shop.svc:15671/":                   "rabbitmq.shop.svc:15671",
		"http://10.1.2.3:15672/":                             "10.1.2.3:15672",
		"http://localhost:4566/":                             "localhost:4566",
		"http://127.0.0.1:4566/":                             "127.0.0.1:4566",
		"http://[::1]:4566/":                                 "[::1]:4566",
		"http://169.254.169.254/latest/meta-data/":           "169.254.169.254:80",
		"http://169.254.170.2/v2/credentials":                "169.254.170.2:80",
		"http://169.254.170.23/v1/credentials":               "169.254.170.23:80",
		"http://[::ffff:169.254.169.254]/":                   "[::ffff:169.254.169.254]:80",
		"http://[fd00:ec2::254]/latest/meta-data/":           "[fd00:ec2::254]:80",
		"http://[fd00:ec2::23]/v1/credentials":               "[fd00:ec2::23]:80",
		"http://[fe80::1]/":                                  "[fe80::1]:80",
		"http://metadata.google.internal/computeMetadata/v1": "metadata.google.internal:80",
		"http://Metadata.Google.Internal./":                  "Metadata.Google.Internal.:80",
		"http://metadata/computeMetadata/v1":                 "metadata:80",
		"https://metadata.example.com/":                      "secure.proxy:3128",
	} {
		require.Equal(t, want, route(t, scalerkit.Options{}, address), address)
	}

	off := scalerkit.Options{HTTP: scalerkit.HTTP{Proxy: direct}}
	require.Equal(t, "source.example.com:443", route(t, off, "https://source.example.com/"))

	own, err := url.Parse("http://own.proxy:8080")
	require.NoError(t, err)
	programs := scalerkit.Options{HTTP: scalerkit.HTTP{Proxy: http.ProxyURL(own)}}
	require.Equal(t, "own.proxy:8080", route(t, programs, "https://source.example.com/"))
	require.Equal(t, "169.254.169.254:80", route(t, programs, "http://169.254.169.254/"))
}

func TestAProxyThatRefusesIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	host := proxy.Listener.Addr().String()
	environment(t, map[string]string{"HTTPS_PROXY": "http://user:secret@" + host})
	tr := transport.New(transport.Config{}, scalerkit.Options{})
	defer tr.Close()
	_, err := get(t.Context(), tr, "https://source.example.com/")
	require.EqualError(t, err, "the proxy "+host+" answers 407 Proxy Authentication Required")
}
