package forgejorunner_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/forgejorunner"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

const (
	token = "hunter2-of-forgejo"
	wrong = "not-the-token"
)

// A fake has jobs that wait, by the path of their list and the labels.
type fake struct {
	*httptest.Server

	mu   sync.Mutex
	jobs map[string]int
}

func newFake(tb testing.TB) *fake {
	f := &fake{jobs: make(map[string]int)}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	f.Start()
	tb.Cleanup(f.Close)
	return f
}

func (f *fake) set(path, labels string, jobs int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs[path+"?"+labels] = jobs
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	labels := r.FormValue("labels")
	jobs, known := f.jobs[strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1")+"?"+labels]
	switch {
	case r.Header.Get("Authorization") != "token "+token:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"message":"%s is not known"}`, r.Header.Get("Authorization"))
	case labels == "throttled":
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case !known:
		http.NotFound(w, r)
	case jobs == 0:
		_, _ = io.WriteString(w, "null")
	default:
		_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(`{"id":7,"status":"waiting"},`, jobs), ",")+"]")
	}
}

func spec(url, labels, token string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "forgejo-runner", Name: "runners", Auth: scalerkit.Secrets(values{"token": token}),
		Metadata: values{"address": url, "labels": labels, "global": "true"},
	}
}

var suite = scalertest.Suite{Driver: forgejorunner.Driver(), New: scalertest.Typed(forgejorunner.New), Start: func(tb testing.TB) scalertest.Source {
	f := newFake(tb)
	trigger := func(labels string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(f.URL, labels, token), Set: func(_ context.Context, level float64) error {
			f.set("/admin/runners/jobs", labels, int(level))
			return nil
		}}
	}
	missing, denied, throttled := spec(f.URL, "missing", token), spec(f.URL, "docker", wrong), spec(f.URL, "throttled", token)
	secure := spec("https://forgejo.example", "docker", token)
	return scalertest.Source{
		Trigger: trigger("docker"), Secrets: []string{token, wrong},
		Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
		MaxConns: 40, // with a time limit at hand, questions are put side by side
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}}

func TestSuiteOnFake(t *testing.T) { suite.Run(t) }

func TestHTTP(t *testing.T) { httpkit.RunOn(t, suite) }
