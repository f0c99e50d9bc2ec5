package rabbitmq_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// token is what the fake accepts in place of the user's password.
const token = "token-of-the-user"

// serveHTTP starts a management API for f and returns its host:port. It
// answers like RabbitMQ 3.10, but for the columns, of which it sends all.
func (f *fake) serveHTTP(tb testing.TB, secured *tls.Config) string {
	s := httptest.NewUnstartedServer(f)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that tests want to fail
	if s.TLS = secured; secured != nil {
		s.StartTLS()
	} else {
		s.Start()
	}
	tb.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.RequestURI)
	f.mu.Unlock()
	if f.trouble != nil && f.trouble(w, r) {
		return
	}
	user, pass, _ := r.BasicAuth()
	if (user != username || pass != password) && r.Header.Get("Authorization") != "Bearer "+token && !f.grants(r.Header.Get("Authorization")) {
		complain(w, http.StatusUnauthorized, "not_authorized", "Login failed")
		return
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/queues/")
	if !ok {
		complain(w, http.StatusNotFound, "Object Not Found", "Not Found")
		return
	}
	vhost, queue, single := strings.Cut(path, "/")
	vhost, _ = url.PathUnescape(vhost)
	if !f.has(vhost) {
		complain(w, http.StatusNotFound, "Object Not Found", "Not Found")
		return
	}
	if !single {
		f.list(w, vhost, r.URL.Query())
		return
	}
	queue, _ = url.PathUnescape(queue)
	q, ok := f.get(vhost, queue)
	if !ok {
		complain(w, http.StatusNotFound, "Object Not Found", "Not Found")
		return
	}
	answer(w, q.describe(queue))
}

// list answers with one page of the queues, in alphabetical order.
func (f *fake) list(w http.ResponseWriter, vhost string, query url.Values) {
	number, _ := strconv.Atoi(query.Get("page"))
	size, _ := strconv.Atoi(query.Get("page_size"))
	if number < 1 || size < 1 || size > 500 {
		complain(w, http.StatusBadRequest, "invalid_pagination_parameters",
			fmt.Sprintf("Invalid pagination parameters: page number %d, page size %d", number, size))
		return
	}
	matches := regexp.MustCompile("")
	if query.Get("use_regex") == "true" {
		var err error
		if matches, err = regexp.Compile("(?i)" + query.Get("name")); err != nil {
			complain(w, http.StatusBadRequest, "bad_request", "Pagination parameters are invalid")
			return
		}
	}
	f.mu.Lock()
	queues := maps.Clone(f.vhosts[vhost])
	f.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if matches.MatchString(name) {
			names = append(names, name)
		}
	}
	pages := slices.Collect(slices.Chunk(names, size))
	if number > max(1, len(pages)) {
		complain(w, http.StatusBadRequest, "page_out_of_range",
			fmt.Sprintf("Page out of range, page: %d page size: %d, len: %d", number, size, len(pages)))
		return
	}
	items := []any{}
	if len(pages) > 0 {
		for _, name := range pages[number-1] {
			items = append(items, queues[name].describe(name))
		}
	}
	answer(w, map[string]any{
		"filtered_count": len(names), "item_count": len(items), "items": items, "page": number,
		"page_count": len(pages), "page_size": size, "total_count": len(queues),
	})
}

// describe returns a queue as the server puts it in JSON.
func (s stats) describe(name string) map[string]any {
	q := map[string]any{"name": name, "vhost": "/", "durable": true, "arguments": map[string]any{}, "type": "classic"}
	switch {
	case s.isNew:
		return q
	case s.state != "":
		q["state"] = s.state
		return q
	}
	q["state"] = "running"
	q["messages"], q["messages_ready"], q["messages_unacknowledged"] = s.ready+s.unacked, s.ready, s.unacked
	counters := map[string]any{}
	for counter, rate := range map[string]float64{"publish": s.published, "deliver_get": s.delivered} {
		if rate == 0 {
			continue
		}
		counters[counter] = 1000
		if !s.noRates {
			counters[counter+"_details"] = map[string]any{"rate": rate}
		}
	}
	if len(counters) > 0 {
		q["message_stats"] = counters
	}
	return q
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func complain(w http.ResponseWriter, status int, kind, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	answer(w, map[string]string{"error": kind, "reason": reason})
}
