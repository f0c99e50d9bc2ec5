package prometheus_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
	wrong    = "not-the-password"
)

// A real is the real server, with a client to write to it.
type real struct {
	url, ca string
	http    *http.Client

	mu   sync.Mutex
	last int64 // time of the last samples, in milliseconds
}

func newReal(tb testing.TB) *real {
	r := &real{url: os.Getenv("SCALERKIT_TEST_PROMETHEUS")}
	if r.url == "" {
		tb.Skip("SCALERKIT_TEST_PROMETHEUS is not set: run make test")
	}
	ca, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_PROMETHEUS_CA"))
	require.NoError(tb, err)
	r.ca = string(ca)
	roots := x509.NewCertPool()
	require.True(tb, roots.AppendCertsFromPEM(ca))
	r.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}}
	tb.Cleanup(r.http.CloseIdleConnections)
	return r
}

// field writes a field of a protobuf message.
func field(number byte, data []byte) []byte {
	return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(data))), data...)
}

// write writes a sample for each series of the metric test, told apart by their
// label name, as the remote write protocol has it.
func (r *real) write(ctx context.Context, value float64, names ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = max(r.last+1, time.Now().UnixMilli())
	sample := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(value))
	sample = binary.AppendUvarint(append(sample, 2<<3), uint64(r.last))
	label := func(name, value string) []byte {
		return field(1, append(field(1, []byte(name)), field(2, []byte(value))...))
	}
	var message []byte
	for _, name := range names {
		series := append(label("__name__", "test"), label("name", name)...)
		message = append(message, field(1, append(series, field(2, sample)...))...)
	}
	// Snappy, without compressing: the length, and literals of up to 60 bytes.
	body := binary.AppendUvarint(nil, uint64(len(message)))
	for rest := message; len(rest) > 0; rest = rest[min(60, len(rest)):] {
		literal := rest[:min(60, len(rest))]
		body = append(append(body, byte(len(literal)-1)<<2), literal...)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/api/v1/write", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth(username, password)
	request.Header.Set("Content-Encoding", "snappy")
	response, err := r.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("write: %s: %s", response.Status, text)
	}
	return nil
}

func (r *real) spec(query, password string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "prometheus", Name: "orders",
		Metadata: values{"serverAddress": r.url, "query": query, "threshold": "5", "ignoreNullValues": "false", "authModes": "basic"},
		Auth:     scalerkit.Secrets(values{"username": username, "password": password, "ca": r.ca}),
	}
}

func TestSuiteOnServer(t *testing.T) {
	r := newReal(t)
	scalertest.Suite{Driver: prometheus.Driver(), Start: func(tb testing.TB) scalertest.Source {
		prefix := fmt.Sprintf("%s %d ", tb.Name(), time.Now().UnixNano())
		trigger := func(name string) scalertest.Trigger {
			name = prefix + name
			return scalertest.Trigger{
				Spec: r.spec(fmt.Sprintf("sum(test{name=%q})", name), password),
				Set:  func(ctx context.Context, level float64) error { return r.write(ctx, level, name) },
			}
		}
		missing, denied := trigger("missing").Spec, r.spec("test", wrong)
		return scalertest.Source{
			Trigger: trigger("a"), Settle: 5 * time.Second,
			TargetKey: "threshold", ActivationKey: "activationThreshold",
			Secrets: []string{password, wrong},
			Missing: &missing, Denied: &denied,
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}.Run(t)
}

func TestQueriesOnServer(t *testing.T) {
	r := newReal(t)
	require.NoError(t, r.write(t.Context(), 7, "queries-1", "queries-2"))
	const read = `read query `
	long := "vector(7)"
	for len(long) < 10000 {
		long += " + 0 * vector(7)"
	}
	for query, want := range map[string]string{
		"vector(7)":                     "7",
		"scalar(vector(7))":             "7",
		"7":                             "7",
		long:                            "7",
		`sum(test{name=~"queries-.+"})`: "14",
		"vector(0/0)":                   read + `"vector(0/0)": the result is NaN`,
		"1/0":                           read + `"1/0": the result is +Inf`,
		"test{name='none'}":             read + `"test{name='none'}": not found: the query has no result`,
		`test{name=~"queries-.+"}`:      read + `"test{name=~\"queries-.+\"}": the result has 2 series and not one: make one of them, with sum() or max(), say`,
		`"7"`:                           read + `"\"7\"": the result is a "string": it should be an instant vector or a scalar`,
		"test[1m]":                      read + `"test[1m]": the result is a "matrix": it should be an instant vector or a scalar`,
		"summ(test)":                    read + `"summ(test)": GET ` + r.url + `/api/v1/query: 400 Bad Request: {"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error: unknown function with name \"summ\""}`,
	} {
		s, err := prometheus.Driver().Open(r.spec(query, password), scalerkit.Options{})
		require.NoError(t, err)
		reading, err := s.Read(t.Context())
		got := fmt.Sprint(reading.Value)
		if err != nil {
			got = err.Error()
		}
		require.Equal(t, want, got, query)
		require.NoError(t, s.Close())
	}
}
