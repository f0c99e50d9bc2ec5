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
	all := []check{{"TLS", k.speaksTLS}, {"CredentialsStayOnTheHost", k.credentialsStayOnTheHost}}
	for _, m := range k.modes() {
		all = append(all, check{"Authentication/" + m.name, func(t testing.TB) { k.authenticates(t, m) }})
	}
	for _, a := range k.answers() {
		all = append(all, check{"Answer/" + a.name, func(t testing.TB) {
			s := k.start(t)
			s.answer = a.answer
			level, err := k.reader().read(t, k.Spec(s.URL, things), scalerkit.Options{})
			wantError(t, level, err, a.want)
		}})
	}
	return append(all, checksOn(k.suite())...)
}

// A reader reads triggers of a driver, which must not tell their secrets.
type reader struct {
	driver  scalerkit.Driver
	secrets []string
}

// read opens a trigger, reads it once and closes it.
func (d reader) read(t testing.TB, spec scalerkit.Spec, options scalerkit.Options) (float64, error) {
	t.Helper()
	s, err := d.driver.Open(spec, options)
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
	for _, secret := range d.secrets {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("a secret was printed: %v", err)
		}
	}
	return reading.Value, err
}

// wantLevel reads what has to be a level.
func (d reader) wantLevel(t testing.TB, spec scalerkit.Spec, options scalerkit.Options, level float64) {
	t.Helper()
	if got, err := d.read(t, spec, options); err != nil || got != level {
		t.Errorf("read %v, %v; want %v", got, err, level)
	}
}

// wantError fails the check unless there is an error, and that what it has to be.
func wantError(t testing.TB, level float64, err error, want status) {
	t.Helper()
	if err == nil {
		t.Errorf("read %v and no error", level)
		return
	}
	for _, known := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled} {
		has, should := errors.Is(err, known), errors.Is(want.is, known)
		if has != should && !(should && want.may) {
			t.Errorf("the error is %q, or should be: %v", known, err)
		}
	}
}

func (k Kit) reader() reader { return reader{k.Driver, []string{secret, wrong, token}} }

// wantLevel reads the level that the server has, the highest there is.
func (k Kit) wantLevel(t testing.TB, s *server, spec scalerkit.Spec, options scalerkit.Options) {
	t.Helper()
	level := 7.0
	if k.Levels != nil {
		level = slices.Max(k.Levels)
	}
	_ = s.set(things)(t.Context(), level) // it is a map
	k.reader().wantLevel(t, spec, options, level)
}

func (k Kit) wantError(t testing.TB, spec scalerkit.Spec, is error) {
	t.Helper()
	level, err := k.reader().read(t, spec, scalerkit.Options{})
	wantError(t, level, err, status{is: is})
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

// An answer comes in place of a level, with the status of success or with none.
type answer struct {
	name   string
	answer http.HandlerFunc
	want   status
}

func (k Kit) answers() []answer {
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mayBeNotFound := status{is: scalerkit.ErrNotFound, may: true}
	return []answer{
		{"nothing", say(""), status{}},
		{"a page", say("<!DOCTYPE html><title>Log in"), status{}},
		{"null", say("null"), mayBeNotFound},
		{"{}", say("{}"), mayBeNotFound},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, k.Body(7))
		}, status{}},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, status{}},
		{"no end", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // with a body unread, a server does not see that the client went
			<-r.Context().Done()
		}, status{}},
	}
}

// credentialsStayOnTheHost redirects to another host.
func (k Kit) credentialsStayOnTheHost(t testing.TB) {
	var reached, told atomic.Bool
	mode := k.nonTLS()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Store(true)
		told.Store(mode.accepts(r))
		_, _ = io.WriteString(w, k.Body(7))
	}))
	defer elsewhere.Close()
	s := k.start(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}
	spec := mode.in(k.Spec(s.URL, things), s.URL, secret)
	switch {
	case !k.Elsewhere:
		k.wantError(t, spec, nil)
		if reached.Load() {
			t.Error("a redirect to another host was followed")
		}
	case mode.auth == nil:
		t.Error("without a mode of authentication there are no credentials that could stay")
	default:
		k.wantLevel(t, s, spec, scalerkit.Options{})
		if told.Load() {
			t.Error("credentials went along with a redirect to another host")
		}
	}
}
