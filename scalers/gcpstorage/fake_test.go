package gcpstorage_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
)

// Buckets that the fake has always: there is no time for the one, and the other
// must not be listed.
const busy, secret = "busy", "secret"

// A fake is an in-process Cloud Storage that lists objects, as many at a time as
// maxResults says, up to 1,000.
type fake struct {
	URL       string
	authority *gcptest.Authority

	mu       sync.Mutex
	buckets  map[string]map[string]int // sizes of objects
	requests []url.Values
}

func newFake(tb testing.TB) *fake {
	f := &fake{authority: gcptest.NewAuthority(tb), buckets: make(map[string]map[string]int)}
	server := httptest.NewServer(f)
	tb.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// set makes these the objects of a bucket, with their sizes.
func (f *fake) set(bucket string, objects map[string]int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buckets[bucket] = objects
}

// asked returns the parameters of the requests since the last time.
func (f *fake) asked() []url.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

// spec returns a trigger on the fake with a key that it knows.
func (f *fake) spec(tb testing.TB, bucket string, more values) scalerkit.Spec {
	return specOn(f.URL, f.authority.Key(tb), bucket, more)
}

// specOn returns a trigger on a bucket of a Cloud Storage.
func specOn(url string, key scalerkit.Secret, bucket string, more values) scalerkit.Spec {
	metadata := values{"gcpEndpoint": url, "bucketName": bucket}
	maps.Copy(metadata, more)
	return gcptest.WithKey(scalerkit.Spec{Name: "orders", Metadata: metadata}, key)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, reason, message string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%q,"domain":"global","reason":%q}]}}`, status, message, message, reason)
	}
	if !f.authority.Accepts(r) {
		refuse(http.StatusUnauthorized, "authError", "not with "+r.Header.Get("Authorization"))
		return
	}
	bucket := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/storage/v1/b/"), "/o")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.URL.Query())
	objects, ok := f.buckets[bucket]
	switch {
	case bucket == busy:
		refuse(http.StatusTooManyRequests, "rateLimitExceeded", "The project exceeded the rate limit.")
	case bucket == secret:
		refuse(http.StatusForbidden, "forbidden", "reader@shop-project.iam.gserviceaccount.com does not have storage.objects.list access")
	case !ok:
		refuse(http.StatusNotFound, "notFound", "The specified bucket does not exist.")
	default:
		_ = json.NewEncoder(w).Encode(list(objects, r.URL.Query())) // who is gone does not care
	}
}

func list(objects map[string]int, q url.Values) any {
	const most = 1000
	var items []map[string]string
	prefixes := map[string]bool{}
	delimiter := q.Get("delimiter")
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		rest, ok := strings.CutPrefix(name, q.Get("prefix"))
		if before, _, deeper := strings.Cut(rest, delimiter); ok && delimiter != "" && deeper {
			prefixes[q.Get("prefix")+before+delimiter] = true
		} else if ok {
			items = append(items, map[string]string{"size": strconv.Itoa(objects[name])})
		}
	}
	answer := map[string]any{"kind": "storage#objects"}
	from, _ := strconv.Atoi(q.Get("pageToken")) // 0 without one
	to := min(from+most, len(items))
	if from < to {
		answer["items"] = items[from:to]
	}
	if to < len(items) {
		answer["nextPageToken"] = strconv.Itoa(to)
	}
	if len(prefixes) > 0 {
		answer["prefixes"] = slices.Sorted(maps.Keys(prefixes))
	}
	return answer
}
