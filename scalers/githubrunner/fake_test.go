package githubrunner_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	token = "ghp_hunter2"
	wrong = "ghp_wrong"
	busy  = "ghp_busy" // has sent too much
)

// A job is one of GitHub's.
type job struct {
	ID     int64    `json:"id"`
	Status string   `json:"status"`
	Labels []string `json:"labels"`
}

// A run is a workflow run. Its jobs are as good as its status.
type run struct {
	ID     int64  `json:"id"`
	Status string `json:"status"`
	jobs   []job
	both   bool // it is in both lists, since it begins
	gone   bool // it is deleted once it was listed
}

// A fake is a server with GitHub's API.
type fake struct {
	*httptest.Server

	mu       sync.Mutex
	repos    map[string][]run // by owner/name
	tokens   []string         // that are valid
	requests []string
	charged  int // requests that were answered with more than 304
	limit    int // requests an hour; 0: there is none
	left     int
	reset    time.Time
	answer   http.HandlerFunc // in place of the usual, if set
}

func newFake(tb testing.TB) *fake {
	f := &fake{repos: make(map[string][]run), tokens: []string{token}}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Start()
	tb.Cleanup(f.Close)
	return f
}

// set gives a repository one run with so many jobs.
func (f *fake) set(repo string, jobs int) {
	f.runs(repo, run{ID: 1, Status: "queued", jobs: queued(jobs)})
}

func (f *fake) runs(repo string, runs ...run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.repos[repo] = runs
}

func queued(n int, labels ...string) []job {
	jobs := make([]job, n)
	for i := range jobs {
		jobs[i] = job{int64(i + 1), "queued", append([]string{"self-hosted"}, labels...)}
	}
	return jobs
}

// asked returns the requests since the last call, and how many were charged.
func (f *fake) asked() (requests []string, charged int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests, charged = f.requests, f.charged
	f.requests, f.charged = nil, 0
	return requests, charged
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	if f.answer != nil {
		f.answer(w, r)
		return
	}
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if shown == busy {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if !slices.Contains(f.tokens, shown) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "bad credentials %s", r.Header.Get("Authorization"))
		return
	}
	if f.limit > 0 {
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(f.limit))
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(f.left-1, 0)))
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(f.reset.Unix(), 10))
	}
	if f.limit > 0 && f.left <= 0 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	body := f.body(r)
	if body == nil {
		http.NotFound(w, r)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	etag := fmt.Sprintf("%q", fmt.Sprintf("%x", text))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f.left--
	f.charged++
	_, _ = w.Write(text)
}

// body returns what a path has.
func (f *fake) body(r *http.Request) any {
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(part) == 3 && (part[0] == "orgs" || part[0] == "users"):
		return f.list(r, part[0], part[1])
	case len(part) < 5 || part[0] != "repos":
		return nil
	}
	runs, ok := f.repos[part[1]+"/"+part[2]]
	switch {
	case !ok:
		return nil
	case len(part) == 5:
		status := r.FormValue("status")
		matching := []run{}
		for _, one := range runs {
			if one.Status == status || one.both {
				matching = append(matching, one)
			}
		}
		return map[string]any{"total_count": len(matching), "workflow_runs": page(r, matching)}
	}
	for _, one := range runs {
		if fmt.Sprint(one.ID) == part[5] && !one.gone {
			return map[string]any{"total_count": len(one.jobs), "jobs": page(r, append([]job{}, one.jobs...))}
		}
	}
	return nil
}

// list returns the repositories of an owner. Private ones are not for users.
func (f *fake) list(r *http.Request, kind, owner string) any {
	names := []string{}
	for name := range f.repos {
		if strings.HasPrefix(name, owner+"/") && (kind == "orgs" || !strings.HasSuffix(name, "private")) {
			names = append(names, name)
		}
	}
	if len(names) == 0 && owner != "empty" {
		return nil
	}
	slices.Sort(names)
	all := []any{}
	for i, name := range names {
		all = append(all, map[string]any{"id": i + 1, "full_name": name})
	}
	return page(r, all)
}

// page returns the part of a list that a request asks for.
func page[E any](r *http.Request, all []E) []E {
	per, _ := strconv.Atoi(r.FormValue("per_page"))
	n, _ := strconv.Atoi(r.FormValue("page"))
	per = min(per, 100)
	from := min((n-1)*per, len(all))
	return all[from:min(from+per, len(all))]
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}
