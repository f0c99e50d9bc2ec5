package httpkit

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// RunOn holds a driver that is asked over HTTP, and has a suite with a fake of its
// own, to what the suite does not see: that statuses count and not the bodies that
// come with them, and that the program's client and proxy are used. Each is a
// subtest of t.
func RunOn(t *testing.T, s scalertest.Suite) {
	run(t, checksOn(s))
}

// run runs checks as subtests of t, all at a time: most of theirs they wait.
func run(t *testing.T, checks []check) {
	var wait sync.WaitGroup
	for _, c := range checks {
		wait.Go(func() { t.Run(c.name, func(t *testing.T) { c.run(t) }) })
	}
	wait.Wait()
}

// checksOn returns the checks of RunOn.
func checksOn(s scalertest.Suite) []check {
	on := func(f func(borrowed, testing.TB)) func(testing.TB) { return func(t testing.TB) { f(borrow(t, s), t) } }
	all := []check{
		{"RetryAfter", on(borrowed.passesOnRetryAfter)},
		{"ProgramsClientIsUsed", on(borrowed.programsClientIsUsed)},
		{"ProxyIsUsed", on(borrowed.proxyIsUsed)},
		{"EqualQuestionsAreAskedOnce", on(borrowed.equalQuestionsAreAskedOnce)},
	}
	for _, a := range statuses {
		all = append(all, check{"Status/" + http.StatusText(a.code), on(func(b borrowed, t testing.TB) {
			options := b.through(func(r *http.Response) { r.StatusCode = a.code })
			level, err := b.read(t, b.Spec, options)
			wantError(t, level, err, a)
		})})
	}
	return all
}

// A status is one without success, and the error that it has to be, or may be
// where that depends on what a source means by it.
type status struct {
	code int
	is   error // nil: none of those that tell what is wrong
	may  bool
}

var statuses = []status{
	{http.StatusUnauthorized, scalerkit.ErrDenied, false},
	{http.StatusForbidden, scalerkit.ErrDenied, false},
	{http.StatusNotFound, scalerkit.ErrNotFound, true},
	{http.StatusTooManyRequests, scalerkit.ErrThrottled, false},
	{http.StatusInternalServerError, nil, false},
	{http.StatusBadGateway, nil, false},
	{http.StatusServiceUnavailable, scalerkit.ErrThrottled, true},
}

// A borrowed source is one of a suite, at its highest level.
type borrowed struct {
	reader
	scalertest.Source
	level float64
}

// borrow starts the source.
func borrow(t testing.TB, s scalertest.Suite) borrowed {
	t.Helper()
	source := s.Start(t)
	b := borrowed{reader: reader{s.Driver, source.Secrets}, Source: source, level: 120}
	if source.Levels != nil {
		b.level = slices.Max(source.Levels)
	}
	if err := b.Set(t.Context(), b.level); err != nil {
		t.Fatalf("set the source to %v: %v", b.level, err)
	}
	return b
}

// A meddler is a RoundTripper that changes answers.
type meddler struct {
	http.RoundTripper
	change func(*http.Response)
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := m.RoundTripper.RoundTrip(r)
	if err == nil {
		m.change(response)
	}
	return response, err
}

// through returns Options by which answers are changed on their way.
func (b borrowed) through(change func(*http.Response)) scalerkit.Options {
	return scalerkit.Options{HTTPClient: &http.Client{Transport: &meddler{&http.Transport{DisableKeepAlives: true}, change}}}
}

func (b borrowed) passesOnRetryAfter(t testing.TB) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		_, err := b.read(t, b.Spec, b.through(func(r *http.Response) {
			r.StatusCode = status
			r.Header.Set("Retry-After", "7")
		}))
		throttled := new(scalerkit.ThrottledError)
		if !errors.As(err, &throttled) || throttled.RetryAfter != 7*time.Second {
			t.Errorf("%d: the error should say that it is throttled for 7s: %v", status, err)
		}
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

func (b borrowed) programsClientIsUsed(t testing.TB) {
	own := new(client)
	defer own.inner.CloseIdleConnections()
	b.wantLevel(t, b.Spec, scalerkit.Options{HTTPClient: &http.Client{Transport: own}}, b.level)
	if own.asked.Load() == 0 {
		t.Error("Options.HTTPClient is not used")
	}
	if own.closed.Load() {
		t.Error("the connections of Options.HTTPClient, which are the program's, were closed")
	}
}

// equalQuestionsAreAskedOnce compares a round of one trigger with that of several
// which are the same.
func (b borrowed) equalQuestionsAreAskedOnce(t testing.TB) {
	own := new(client)
	defer own.inner.CloseIdleConnections()
	options := scalerkit.Options{HTTPClient: &http.Client{Transport: own}, Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, 3)
	for i := range scalers {
		s, err := b.driver.Open(b.Spec, options)
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		defer s.Close()
		scalers[i] = s
	}
	round := func(scalers ...scalerkit.Scaler) (requests int64) {
		before := own.asked.Load()
		for _, r := range scalerkit.ReadAll(t.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != b.level {
				t.Errorf("read %v, %v; want %v", r.Reading.Value, r.Err, b.level)
			}
		}
		return own.asked.Load() - before
	}
	round(scalers[0]) // which may have to log in
	if one, all := round(scalers[0]), round(scalers...); all != one {
		t.Errorf("%d triggers on the same thing take %d requests, one takes %d", len(scalers), all, one)
	}
}

func (b borrowed) proxyIsUsed(t testing.TB) {
	p := new(proxy)
	server := httptest.NewServer(p)
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	options := scalerkit.Options{HTTP: scalerkit.HTTP{Proxy: func(*http.Request) (*url.URL, error) { return address, nil }}}
	b.wantLevel(t, b.Spec, options, b.level)
	if p.asked.Load() == 0 {
		t.Error("the proxy of Options.HTTP is not used")
	}
}

// A proxy passes requests on, and tunnels those with TLS.
type proxy struct{ asked atomic.Int64 }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if r.Method == http.MethodConnect {
		tunnel(w, r)
		return
	}
	onward := &http.Transport{DisableKeepAlives: true}
	(&httputil.ReverseProxy{Transport: onward, Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host }}).ServeHTTP(w, r)
}

func tunnel(w http.ResponseWriter, r *http.Request) {
	target, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer target.Close()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n") // who is gone does not care
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = io.Copy(target, conn); _ = target.Close() })
	_, _ = io.Copy(conn, target)
	_ = conn.Close()
	wait.Wait()
}
