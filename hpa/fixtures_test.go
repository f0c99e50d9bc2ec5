package hpa_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/hpa"
)

const (
	version = "/apis/external.metrics.k8s.io/v1beta1"
	shop    = version + "/namespaces/shop/"
)

// packer owns most values of the tests.
var packer = hpa.Owner{Namespace: "shop", Name: "packer"}

// named returns the label that KEDA's HPAs select by.
func named(name string) map[string]string {
	return map[string]string{"scaledobject.keda.sh/name": name}
}

// reading returns a value that was read just now.
func reading(metric string, value float64, labels map[string]string) hpa.Value {
	return hpa.Value{Metric: metric, Value: value, Labels: labels, Time: time.Now()}
}

// ask returns the answer to a request without a network.
func ask(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(context.Background(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// get returns the body of the answer to a GET request.
func get(h http.Handler, target string) string {
	return body(ask(h, http.MethodGet, target))
}

// body returns the code and the body of an answer.
func body(r *http.Response) string {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // a recorder has it all
	}
	return fmt.Sprintf("%d %s", r.StatusCode, content)
}

// summary returns the code of an answer, and the reason and message of its
// Status.
func summary(t *testing.T, r *http.Response) string {
	t.Helper()
	if r.StatusCode == http.StatusOK {
		return "200"
	}
	var s metav1.Status
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&s))
	require.Equal(t, metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, s.TypeMeta)
	require.Equal(t, metav1.StatusFailure, s.Status)
	require.EqualValues(t, r.StatusCode, s.Code)
	require.Equal(t, r.StatusCode == http.StatusServiceUnavailable, s.Details != nil)
	return fmt.Sprintf("%d %s %s", s.Code, s.Reason, s.Message)
}
