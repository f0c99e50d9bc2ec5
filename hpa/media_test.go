package hpa_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/hpa"
)

const (
	jsonMedia     = "application/json"
	protobufMedia = "application/vnd.kubernetes.protobuf"
)

func TestAccept(t *testing.T) {
	var p hpa.Provider
	p.Publish(packer, []hpa.Value{reading("orders", 120, nil)})
	for accept, want := range map[string]string{
		"":                               jsonMedia,
		"*/*":                            jsonMedia,
		"application/*;q=0.1":            jsonMedia,
		"application/json":               jsonMedia,
		"application/json;charset=utf-8": jsonMedia,
		"application/vnd.kubernetes.protobuf, */*":                                     protobufMedia, // the HPA controller's
		"application/vnd.kubernetes.protobuf,application/json":                         protobufMedia,
		"application/json,application/vnd.kubernetes.protobuf":                         jsonMedia,
		"application/json;q=0.5, application/vnd.kubernetes.protobuf;q=0.9":            protobufMedia,
		"application/json;as=Table;v=v1;g=meta.k8s.io,application/json;q=0.9":          jsonMedia, // kubectl get's
		"text/html, application/xml;q=0.9, APPLICATION/JSON;q=0.8":                     jsonMedia,
		"application/json;q=x, nonsense/, , application/vnd.kubernetes.protobuf;q=0.1": protobufMedia,
		"application/json;as=Table;v=v1;g=meta.k8s.io":                                 "",
		"application/json;q=0":   "",
		"application/json;q=NaN": "",
		"text/*":                 "",
		"nonsense":               "",
	} {
		r := ask(&p, http.MethodGet, shop+"orders", "Accept", accept)
		if want == "" {
			assert.Equal(t, "406 NotAcceptable Accept: there is only application/json and application/vnd.kubernetes.protobuf", summary(t, r), accept)
			continue
		}
		assert.Equal(t, http.StatusOK, r.StatusCode, accept)
		assert.Equal(t, want, r.Header.Get("Content-Type"), accept)
	}
	r := ask(&p, http.MethodGet, shop+"orders", "Accept", "text/html", "Accept", protobufMedia)
	assert.Equal(t, protobufMedia, r.Header.Get("Content-Type"), "in a header line of its own")
	assert.Equal(t, jsonMedia, ask(&p, http.MethodGet, shop+"orders").Header.Get("Content-Type"), "without the header")
}

func TestProtobuf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p hpa.Provider
		p.Publish(packer, []hpa.Value{reading("orders", 120.5, named("packer"))})

		var list v1beta1.ExternalMetricValueList
		unwrap(t, ask(&p, http.MethodGet, shop+"orders", "Accept", protobufMedia),
			runtime.TypeMeta{APIVersion: "external.metrics.k8s.io/v1beta1", Kind: "ExternalMetricValueList"}, &list)
		require.Len(t, list.Items, 1)
		item := list.Items[0]
		assert.Equal(t, "orders", item.MetricName)
		assert.Equal(t, named("packer"), item.MetricLabels)
		assert.Equal(t, "2000-01-01T00:00:00Z", item.Timestamp.UTC().Format("2006-01-02T15:04:05Z"))
		assert.EqualValues(t, 120500, item.Value.MilliValue())
		assert.Nil(t, item.WindowSeconds)

		var status metav1.Status
		unwrap(t, ask(&p, http.MethodGet, shop+"order", "Accept", protobufMedia),
			runtime.TypeMeta{APIVersion: "v1", Kind: "Status"}, &status)
		assert.EqualValues(t, http.StatusNotFound, status.Code)
		assert.Equal(t, `no metric "order" in namespace "shop"`, status.Message)
	})
}

// unwrap reads an answer in protobuf.
func unwrap(t *testing.T, r *http.Response, want runtime.TypeMeta, into interface{ Unmarshal([]byte) error }) {
	t.Helper()
	require.Equal(t, protobufMedia, r.Header.Get("Content-Type"))
	content, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	message, ok := bytes.CutPrefix(content, []byte("k8s\x00"))
	require.True(t, ok, "%q", content)
	var envelope runtime.Unknown
	require.NoError(t, envelope.Unmarshal(message))
	require.Equal(t, want, envelope.TypeMeta)
	require.NoError(t, into.Unmarshal(envelope.Raw))
}
