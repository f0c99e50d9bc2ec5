package gcptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// BusyProject is one for which the service has no time.
const BusyProject = "busy-project"

// A Series is a time series of Cloud Monitoring.
type Series struct {
	Project, Metric, Resource string
	Labels                    map[string]string // of the resource, without project_id
	Kind, Type                string            // GAUGE and INT64 if empty
	Points                    []Point
}

// A Point is one of a Series.
type Point struct {
	Ago   time.Duration // from when it is asked for
	Value string        // as JSON: {"int64Value":"7"}
}

// Whole is the value of a Point that is a whole number.
func Whole(n float64) string { return fmt.Sprintf(`{"int64Value":"%d"}`, int64(n)) }

// Monitoring is a Cloud Monitoring that takes the tokens of an Authority.
type Monitoring struct {
	URL       string
	Authority *Authority

	mu       sync.Mutex
	series   []Series
	requests []url.Values
	projects []string
	page     int    // time series in an answer
	answer   string // in place of the usual, if it is not empty
}

// NewMonitoring returns a Monitoring that ends with the test.
func NewMonitoring(tb testing.TB) *Monitoring {
	m := &Monitoring{Authority: NewAuthority(tb), page: 1000}
	server := httptest.NewServer(m)
	tb.Cleanup(server.Close)
	m.URL = server.URL
	return m
}

// Set makes these the time series of what they are about, in place of others.
func (m *Monitoring) Set(series ...Series) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.series = slices.DeleteFunc(m.series, func(old Series) bool {
		return slices.ContainsFunc(series, func(s Series) bool {
			return s.Project == old.Project && s.Metric == old.Metric && fmt.Sprint(s.Labels) == fmt.Sprint(old.Labels)
		})
	})
	m.series = append(m.series, series...)
}

// Page makes answers have so many time series at most.
func (m *Monitoring) Page(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.page = n
}

// Answer makes the Monitoring answer everything with a text.
func (m *Monitoring) Answer(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = text
}

// Requests returns the parameters of the requests since the last time, and which
// projects they were about.
func (m *Monitoring) Requests() ([]url.Values, []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	requests, projects := m.requests, m.projects
	m.requests, m.projects = nil, nil
	return requests, projects
}

// Spec returns a trigger that asks the Monitoring with a key that it knows.
func (m *Monitoring) Spec(tb testing.TB, metadata map[string]string) scalerkit.Spec {
	spec := scalerkit.Spec{Name: "orders", Metadata: map[string]string{"gcpEndpoint": m.URL}}
	for key, value := range metadata {
		spec.Metadata[key] = value
	}
	return WithKey(spec, m.Authority.Key(tb))
}

var path = regexp.MustCompile(`^/v3/projects/([^/]+)/timeSeries$`)

// ServeHTTP implements http.Handler.
func (m *Monitoring) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, name, message string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"status":%q,"message":%q}}`, status, name, message)
	}
	w.Header().Set("Content-Type", "application/json")
	if !m.Authority.Accepts(r) {
		refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "not with "+r.Header.Get("Authorization"))
		return
	}
	found := path.FindStringSubmatch(r.URL.Path)
	if found == nil || r.Method != http.MethodGet {
		refuse(http.StatusNotFound, "NOT_FOUND", r.URL.Path)
		return
	}
	if found[1] == BusyProject {
		refuse(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Quota exceeded")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests, m.projects = append(m.requests, r.URL.Query()), append(m.projects, found[1])
	if m.answer != "" {
		_, _ = fmt.Fprint(w, m.answer)
		return
	}
	answer, err := m.list(found[1], r.URL.Query())
	if err != nil {
		refuse(http.StatusBadRequest, "INVALID_ARGUMENT", err.Error())
		return
	}
	_ = json.NewEncoder(w).Encode(answer) // who is gone does not care
}

// list answers a request. A project has its own time series, and those of others
// whose names begin with its own, as if it were their scoping project.
func (m *Monitoring) list(project string, q url.Values) (any, error) {
	begin, err := time.Parse(time.RFC3339, q.Get("interval.startTime"))
	if err != nil {
		return nil, err
	}
	end, err := time.Parse(time.RFC3339, q.Get("interval.endTime"))
	if err != nil {
		return nil, err
	}
	fits, err := parseFilter(q.Get("filter"))
	if err != nil {
		return nil, err
	}
	var all []any
	for _, s := range m.series {
		if strings.HasPrefix(s.Project, project) && fits(s) {
			all = append(all, s.json(begin, end))
		}
	}
	from, _ := strconv.Atoi(q.Get("pageToken")) // 0 without one
	to := min(from+m.page, len(all))
	answer := map[string]any{"unit": "1"}
	if from < to {
		answer["timeSeries"] = all[from:to]
	}
	if to < len(all) {
		answer["nextPageToken"] = strconv.Itoa(to)
	}
	return answer, nil
}

func (s *Series) json(begin, end time.Time) any {
	labels := map[string]string{"project_id": s.Project}
	for key, value := range s.Labels {
		labels[key] = value
	}
	points := []any{}
	for _, p := range s.Points {
		if at := end.Add(-p.Ago); at.After(begin) {
			interval := map[string]time.Time{"startTime": at, "endTime": at}
			points = append(points, map[string]any{"interval": interval, "value": json.RawMessage(p.Value)})
		}
	}
	orElse := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	return map[string]any{
		"metric": map[string]string{"type": s.Metric}, "resource": map[string]any{"type": s.Resource, "labels": labels},
		"metricKind": orElse(s.Kind, "GAUGE"), "valueType": orElse(s.Type, "INT64"), "points": points,
	}
}

var term = regexp.MustCompile(`^(metric\.type|resource\.type|resource\.labels?\.([a-z_]+)) ?= ?(one_of\((.*)\)|".*")$`)

// parseFilter understands what the drivers of this module write.
func parseFilter(text string) (fits func(Series) bool, err error) {
	all := []func(Series) bool{}
	for part := range strings.SplitSeq(text, " AND ") {
		found := term.FindStringSubmatch(part)
		if found == nil {
			return nil, fmt.Errorf("the filter has %s in it", part)
		}
		var values []string
		list := found[3]
		if found[4] != "" {
			list = found[4]
		}
		if err := json.Unmarshal([]byte("["+list+"]"), &values); err != nil || len(values) > 100 {
			return nil, fmt.Errorf("the filter has %s in it", part)
		}
		of := map[string]func(Series) string{
			"metric.type":   func(s Series) string { return s.Metric },
			"resource.type": func(s Series) string { return s.Resource },
		}[found[1]]
		if label := found[2]; label != "" {
			of = func(s Series) string {
				if label == "project_id" {
					return s.Project
				}
				return s.Labels[label]
			}
		}
		all = append(all, func(s Series) bool { return slices.Contains(values, of(s)) })
	}
	return func(s Series) bool {
		return !slices.ContainsFunc(all, func(f func(Series) bool) bool { return !f(s) })
	}, nil
}
