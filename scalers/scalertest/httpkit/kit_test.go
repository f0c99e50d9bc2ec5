package httpkit

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"path"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A config is that of a driver that reads a number at a URL.
type config struct {
	httpsource.Access
	URL        string  `scaler:"url,required" doc:"URL"`
	Target     float64 `scaler:"target,target" default:"5" above:"0" doc:"target"`
	MetricType scalerkit.TargetKind
}

var source = httpsource.Source[string, float64]{Name: "number", Ask: func(ctx context.Context, c *httpsource.Client, url string) (n float64, err error) {
	return n, c.GetJSON(ctx, url, &n)
}}

var number = driver.Type[config]{Name: "number", Open: func(c *config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[string, float64]{Metric: driver.MetricOf(c, "number"), Question: c.URL, Access: c.Access})
}}

func kit(d scalerkit.Driver) Kit {
	return Kit{
		Driver: d,
		Modes:  allModes,
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: "number", Metadata: values{"url": server + "/" + thing}}
		},
		Thing:     func(r *http.Request) string { return path.Base(r.URL.Path) },
		Body:      func(level float64) string { return fmt.Sprint(level) },
		TargetKey: "target",
	}
}

func TestAGoodDriverPasses(t *testing.T) {
	good := kit(number.Driver())
	good.New = scalertest.Typed(number.New)
	good.Run(t)
}

// ownLogin is bearer, as keys of the driver's own.
var ownLogin = Login{
	Name:     "own",
	Metadata: func(string) values { return values{"authModes": "bearer"} },
	Auth:     func(secret string) values { return values{"token": secret} },
	Accepts:  func(r *http.Request, secret string) bool { return r.Header.Get("Authorization") == "Bearer "+secret },
}

func TestAGoodDriverWithLoginsPasses(t *testing.T) {
	good := kit(number.Driver())
	good.Modes, good.Logins = nil, []Login{ownLogin, {
		Name: "in the metadata", Metadata: func(secret string) values { return values{"authModes": "apiKey", "apiKey": secret} },
		Accepts: func(r *http.Request, secret string) bool { return r.Header.Get("X-Api-Key") == secret },
	}}
	good.Run(t)
}

// TestRedirectsElsewhere has a driver that follows them, once as it should and once
// with a client that takes credentials along.
func TestRedirectsElsewhere(t *testing.T) {
	following := source
	following.Elsewhere = true
	d := driver.Type[config]{Name: "number", Open: func(c *config, o scalerkit.Options) (scalerkit.Scaler, error) {
		return following.New(o, httpsource.Plan[string, float64]{Metric: driver.MetricOf(c, "number"), Question: c.URL, Access: c.Access})
	}}.Driver()
	k := kit(d)
	k.Elsewhere = true
	r := &recorder{TB: t}
	r.run(t, k, "CredentialsStayOnTheHost")
	if r.log.Len() > 0 {
		t.Errorf("a good driver fails: %s", &r.log)
	}
	k.Driver = broken{d, func(_ *scalerkit.Spec, o *scalerkit.Options) {
		o.HTTPClient = &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
		}
	}}
	r.run(t, k, "CredentialsStayOnTheHost")
	if want := "credentials went along with a redirect to another host\n"; r.log.String() != want {
		t.Errorf("it says %q, want %q", &r.log, want)
	}
}

// A broken driver is the good one with what it is given altered.
type broken struct {
	scalerkit.Driver
	alter func(*scalerkit.Spec, *scalerkit.Options)
}

func (b broken) Open(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	b.alter(&spec, &options)
	return b.Driver.Open(spec, options)
}

// through has the driver ask by a client that changes answers.
func through(change func(*http.Response)) func(*scalerkit.Spec, *scalerkit.Options) {
	return func(_ *scalerkit.Spec, o *scalerkit.Options) {
		inner := http.RoundTripper(&http.Transport{DisableKeepAlives: true})
		if o.HTTPClient != nil {
			inner = o.HTTPClient.Transport
		}
		o.HTTPClient = &http.Client{Transport: &meddler{inner, change}}
	}
}

func TestBrokenDriversFail(t *testing.T) {
	ignoresStatus := through(func(r *http.Response) { r.StatusCode = http.StatusOK })
	madeUp := through(func(r *http.Response) {
		_ = r.Body.Close()
		r.StatusCode, r.Body = http.StatusOK, io.NopCloser(strings.NewReader("0"))
	})
	ignoresModes := func(s *scalerkit.Spec, _ *scalerkit.Options) {
		s.Metadata = plus(*s, values{"authModes": ""}, nil).Metadata
	}
	for _, c := range []struct {
		alter func(*scalerkit.Spec, *scalerkit.Options)
		check string
		says  string
	}{
		{ignoresStatus, "Status/Unauthorized", "read 120 and no error"},
		{ignoresStatus, "Status/Forbidden", "read 120 and no error"},
		{ignoresStatus, "Status/Not Found", "read 120 and no error"},
		{ignoresStatus, "Status/Too Many Requests", "read 120 and no error"},
		{ignoresStatus, "Status/Internal Server Error", "read 120 and no error"},
		{ignoresStatus, "Status/Bad Gateway", "read 120 and no error"},
		{ignoresStatus, "Status/Service Unavailable", "read 120 and no error"},
		{madeUp, "Answer/nothing", "read 0 and no error"},
		{madeUp, "Answer/a page", "read 0 and no error"},
		{madeUp, "Answer/null", "read 0 and no error"},
		{madeUp, "Answer/{}", "read 0 and no error"},
		{madeUp, "Answer/half an answer", "read 0 and no error"},
		{through(func(r *http.Response) { r.StatusCode = http.StatusNotFound }), "Status/Internal Server Error", `the error is "not found", or should be`},
		{through(func(r *http.Response) { r.Header.Del("Retry-After") }), "RetryAfter", "should say that it is throttled for 7s"},
		{ignoresModes, "Authentication/own", "access denied"},
		{ignoresModes, "Authentication/basic", "access denied"},
		{ignoresModes, "Authentication/bearer", "access denied"},
		{ignoresModes, "Authentication/apiKey in a header", "access denied"},
		{ignoresModes, "Authentication/apiKey in a header by name", "access denied"},
		{ignoresModes, "Authentication/apiKey in the query", "access denied"},
		{ignoresModes, "Authentication/custom", "access denied"},
		{ignoresModes, "Authentication/oauth", "access denied"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) { o.HTTPClient = nil }, "ProgramsClientIsUsed", "Options.HTTPClient is not used"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) { o.HTTPClient.CloseIdleConnections() }, "ProgramsClientIsUsed", "were closed"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) { o.Pool = nil }, "EqualQuestionsAreAskedOnce", "3 triggers on the same thing take 3 requests, one takes 1"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) { o.HTTP.Proxy = nil }, "ProxyIsUsed", "the proxy of Options.HTTP is not used"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) {
			o.TLSConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // that is the fault
		}, "TLS", "read 7 and no error"},
		{func(_ *scalerkit.Spec, o *scalerkit.Options) {
			o.HTTPClient = &http.Client{
				Transport:     &http.Transport{DisableKeepAlives: true},
				CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
			}
		}, "CredentialsStayOnTheHost", "a redirect to another host was followed"},
	} {
		t.Run(c.check, func(t *testing.T) {
			r, k := &recorder{TB: t}, kit(broken{number.Driver(), c.alter})
			k.Logins = []Login{ownLogin}
			r.run(t, k, c.check)
			if !strings.Contains(r.log.String(), c.says) {
				t.Errorf("it should say %q: %s", c.says, &r.log)
			}
		})
	}
}

// A recorder is a testing.TB that keeps to itself what becomes of a check.
type recorder struct {
	testing.TB
	log strings.Builder
}

func (r *recorder) run(t *testing.T, k Kit, name string) {
	for _, c := range k.checks() {
		if c.name == name {
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.run(r)
			}()
			<-done
			return
		}
	}
	t.Fatalf("there is no check %s", name)
}

func (r *recorder) Helper() {}

func (r *recorder) Error(args ...any)                 { fmt.Fprintln(&r.log, args...) }
func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.log, format+"\n", args...) }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }
