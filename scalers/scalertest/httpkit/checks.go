package httpkit

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// patience is how long a read may take that has to end.
const patience = 20 * time.Second

// A check takes a testing.TB so that the kit's own tests can watch it fail.
type check struct {
	name string
	run  func(testing.TB)
}

func (k Kit) checks() []check {
	all := []check{
		{"TLS", k.speaksTLS},
		{"RetryAfter", k.passesOnRetryAfter},
		{"CredentialsStayOnTheHost", k.credentialsStayOnTheHost},
		{"ProgramsClientIsUsed", k.programsClientIsUsed},
		{"ProxyIsUsed", k.proxyIsUsed},
	}
	for _, m := range modes {
		if slices.Contains(k.Modes, m.mode) {
			all = append(all, check{"Authentication/" + m.name, func(t testing.TB) { k.authenticates(t, m) }})
		}
	}
	for _, a := range k.answers() {
		all = append(all, check{"Answer/" + a.name, func(t testing.TB) {
			s := k.start(t)
			s.answer = a.answer
			k.wantError(t, k.Spec(s.URL, things), a.is)
		}})
	}
	return all
}

// read opens a trigger, reads it once and closes it.
func (k Kit) read(t testing.TB, spec scalerkit.Spec, options scalerkit.Options) (float64, error) {
	t.Helper()
	s, err := k.Driver.Open(spec, options)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reading, err := s.Read(ctx)
	if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), token)) {
		t.Errorf("a secret was printed: %v", err)
	}
	return reading.Value, err
}

// wantLevel reads the level that the server has, the highest there is.
func (k Kit) wantLevel(t testing.TB, s *server, spec scalerkit.Spec, options scalerkit.Options) {
	t.Helper()
	level := 7.0
	if k.Levels != nil {
		level = slices.Max(k.Levels)
	}
	_ = s.set(things)(t.Context(), level) // it is a map
	if got, err := k.read(t, spec, options); err != nil || got != level {
		t.Errorf("read %v, %v; want %v", got, err, level)
	}
}

// wantError reads what has to be an error that is is and nothing else.
func (k Kit) wantError(t testing.TB, spec scalerkit.Spec, is error) {
	t.Helper()
	got, err := k.read(t, spec, scalerkit.Options{})
	if err == nil {
		t.Errorf("read %v and no error", got)
		return
	}
	for _, other := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled} {
		if errors.Is(err, other) != errors.Is(is, other) {
			t.Errorf("the error is %q, or should be: %v", other, err)
		}
	}
}

func (k Kit) authenticates(t testing.TB, m mode) {
	s := k.start(t)
	s.accept = m.accepts
	k.wantLevel(t, s, m.in(k.Spec(s.URL, things), s.URL, secret), scalerkit.Options{})
	k.wantError(t, m.in(k.Spec(s.URL, things), s.URL, wrong), scalerkit.ErrDenied)
	k.wantError(t, k.Spec(s.URL, things), scalerkit.ErrDenied)
}

// speaksTLS makes of the server's certificate the one to trust, and the client's.
func (k Kit) speaksTLS(t testing.TB) {
	s := k.unstarted(t)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	pair := s.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	certificate, key := encode("CERTIFICATE", pair.Certificate[0]), encode("PRIVATE KEY", der)
	with := func(metadata, auth values) scalerkit.Spec { return plus(k.Spec(s.URL, things), metadata, auth) }

	_ = s.set(things)(t.Context(), 7)   // it is a map
	k.wantError(t, with(nil, nil), nil) // the certificate is nobody's that the system trusts
	k.wantLevel(t, s, with(values{"unsafeSsl": "true"}, nil), scalerkit.Options{})
	k.wantLevel(t, s, with(nil, values{"ca": certificate}), scalerkit.Options{})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	k.wantLevel(t, s, with(nil, nil), scalerkit.Options{TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
	if !slices.Contains(k.Modes, "tls") {
		return
	}
	s.accept = func(r *http.Request) bool {
		return len(r.TLS.PeerCertificates) > 0 && bytes.Equal(r.TLS.PeerCertificates[0].Raw, pair.Certificate[0])
	}
	k.wantError(t, with(nil, values{"ca": certificate}), scalerkit.ErrDenied)
	k.wantLevel(t, s, with(values{"authModes": "tls"}, values{"ca": certificate, "cert": certificate, "key": key}), scalerkit.Options{})
}

// An answer is anything but a level, and the error that it has to be.
type answer struct {
	name   string
	answer http.HandlerFunc
	is     error // nil: none of those that tell what is wrong
}

func (k Kit) answers() []answer {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, k.Body(7)) // which is not to be believed
		}
	}
	return []answer{
		{"401", status(http.StatusUnauthorized), scalerkit.ErrDenied},
		{"403", status(http.StatusForbidden), scalerkit.ErrDenied},
		{"404", status(http.StatusNotFound), scalerkit.ErrNotFound},
		{"429", status(http.StatusTooManyRequests), scalerkit.ErrThrottled},
		{"500", status(http.StatusInternalServerError), nil},
		{"502", status(http.StatusBadGateway), nil},
		{"503", status(http.StatusServiceUnavailable), nil},
		{"503 with a Retry-After", status(http.StatusServiceUnavailable, "Retry-After", "3"), scalerkit.ErrThrottled},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, nil},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!DOCTYPE html><title>Log in") }, nil},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, k.Body(7))
		}, nil},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil},
		{"no end", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, nil},
	}
}

func (k Kit) passesOnRetryAfter(t testing.TB) {
	s := k.start(t)
	_, err := k.read(t, k.Spec(s.URL, throttledThing), scalerkit.Options{})
	throttled := new(scalerkit.ThrottledError)
	if !errors.As(err, &throttled) || throttled.RetryAfter != 7*time.Second {
		t.Errorf("the error should say that it is throttled for 7s: %v", err)
	}
}

// credentialsStayOnTheHost redirects to another host.
func (k Kit) credentialsStayOnTheHost(t testing.TB) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Store(true)
		_, _ = io.WriteString(w, k.Body(7))
	}))
	defer elsewhere.Close()
	s := k.start(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	}
	k.wantError(t, k.Spec(s.URL, things), nil)
	if reached.Load() {
		t.Error("a redirect to another host was followed")
	}
}

// A client is a program's.
type client struct {
	inner  http.Transport
	asked  atomic.Int64
	closed atomic.Bool
}

func (c *client) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked.Add(1)
	return c.inner.RoundTrip(r)
}

func (c *client) CloseIdleConnections() { c.closed.Store(true) }

func (k Kit) programsClientIsUsed(t testing.TB) {
	s, own := k.start(t), new(client)
	defer own.inner.CloseIdleConnections()
	k.wantLevel(t, s, k.Spec(s.URL, things), scalerkit.Options{HTTPClient: &http.Client{Transport: own}})
	if own.asked.Load() == 0 {
		t.Error("Options.HTTPClient is not used")
	}
	if own.closed.Load() {
		t.Error("the connections of Options.HTTPClient, which are the program's, were closed")
	}
}

// proxyIsUsed has a server in the place of the proxy, which answers by itself.
func (k Kit) proxyIsUsed(t testing.TB) {
	s := k.start(t)
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	options := scalerkit.Options{HTTP: scalerkit.HTTP{Proxy: func(*http.Request) (*url.URL, error) { return proxy, nil }}}
	k.wantLevel(t, s, k.Spec("http://source.example", things), options)
}
