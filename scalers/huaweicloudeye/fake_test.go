package huaweicloudeye_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"
)

const (
	accessKey = "AKHUAWEI"
	secretKey = "scalerkit-test-secret"
	project   = "41f6bfe48d7f4455b7754f7c1b11ae34"
	busy      = "00000000000000000000000000000429" // a project for which there is no time
)

// A point is a data point of the fake: its value in all filters.
type point struct {
	ago   time.Duration
	value float64
}

// A fake is an in-process Cloud Eye that tells data points of the metric mb_l7_qps.
type fake struct {
	URL string

	mu       sync.Mutex
	things   map[string][]point // by the value of the dimension
	requests []asked
	answer   string // in place of the usual, if it is not empty
}

// asked is the body of a request.
type asked struct {
	Metrics []struct {
		Namespace  string              `json:"namespace"`
		MetricName string              `json:"metric_name"`
		Dimensions []map[string]string `json:"dimensions"`
	}
	From, To       int64
	Period, Filter string
}

func newFake(tb testing.TB) *fake {
	f := &fake{things: make(map[string][]point)}
	server := httptest.NewServer(f)
	tb.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

func (f *fake) set(thing string, points ...point) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.things[thing] = points
}

func (f *fake) say(answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// asked returns the requests since the last time.
func (f *fake) asked() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

var authorization = regexp.MustCompile(`^SDK-HMAC-SHA256 Access=` + accessKey + `, SignedHeaders=content-type;host;x-sdk-date, Signature=([0-9a-f]{64})$`)

// isSigned reports whether a request is signed with the secret key, and not long ago.
func isSigned(r *http.Request, body []byte) bool {
	found := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	date := r.Header.Get("X-Sdk-Date")
	at, err := time.Parse("20060102T150405Z", date)
	if found == nil || err != nil || time.Since(at).Abs() > 15*time.Minute {
		return false
	}
	return signature(r, date, body) == found[1]
}

// signature returns that of a request with a body, by the secret key.
func signature(r *http.Request, date string, body []byte) string {
	canonical := fmt.Sprintf("%s\n%s/\n%s\ncontent-type:%s\nhost:%s\nx-sdk-date:%s\n\ncontent-type;host;x-sdk-date\n%x",
		r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), r.Host, date, sha256.Sum256(body))
	mac := hmac.New(sha256.New, []byte(secretKey))
	fmt.Fprintf(mac, "SDK-HMAC-SHA256\n%s\n%x", date, sha256.Sum256([]byte(canonical)))
	return fmt.Sprintf("%x", mac.Sum(nil))
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	refuse := func(status int, text string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
	var q asked
	switch {
	case err != nil || json.Unmarshal(body, &q) != nil || r.Method != http.MethodPost:
		refuse(http.StatusBadRequest, `{"http_code":400,"message":{"code":"ces.0001","details":"The request content cannot be empty."}}`)
	case !isSigned(r, body):
		refuse(http.StatusUnauthorized, fmt.Sprintf(`{"error_msg":"Incorrect IAM authentication information: verify aksk signature fail: %s","error_code":"APIGW.0301","request_id":"1"}`, r.Header.Get("Authorization")))
	case r.URL.Path == "/V1.0/"+busy+"/batch-query-metric-data":
		refuse(http.StatusTooManyRequests, `{"error_msg":"The throttling threshold has been reached: policy user over ratelimit","error_code":"APIGW.0308","request_id":"1"}`)
	case r.URL.Path != "/V1.0/"+project+"/batch-query-metric-data":
		refuse(http.StatusNotFound, `{"error_msg":"The API does not exist or has not been published in the environment","error_code":"APIGW.0101","request_id":"1"}`)
	default:
		f.serve(w, q, refuse)
	}
}

func (f *fake) serve(w http.ResponseWriter, q asked, refuse func(int, string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, q)
	if f.answer != "" {
		_, _ = io.WriteString(w, f.answer)
		return
	}
	metrics := []any{}
	for _, m := range q.Metrics {
		if m.Namespace == "bad" || len(q.Metrics) > 500 {
			refuse(http.StatusBadRequest, `{"http_code":400,"message":{"code":"ces.0014","details":"Some content in message body is not correct."}}`)
			return
		}
		points := []any{}
		for _, p := range f.things[m.Dimensions[0]["value"]] {
			if at := q.To - p.ago.Milliseconds(); at >= q.From && m.MetricName == "mb_l7_qps" {
				points = append(points, map[string]any{q.Filter: p.value, "timestamp": at, "unit": "count"})
			}
		}
		metrics = append(metrics, map[string]any{"namespace": m.Namespace, "metric_name": m.MetricName, "dimensions": m.Dimensions, "datapoints": points, "unit": "count"})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"metrics": metrics}) // who is gone does not care
}
