package hpa_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/hpa"
)

const discoveryV2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

func TestDiscovery(t *testing.T) {
	var p hpa.Provider
	for _, c := range []struct{ path, accept, media, want string }{
		{"/apis", "", "application/json", `{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"external.metrics.k8s.io",` +
			`"versions":[{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}],` +
			`"preferredVersion":{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}]}`},
		{"/apis", discoveryV2 + ",application/json", discoveryV2, `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},` +
			`"items":[{"metadata":{"name":"external.metrics.k8s.io"},"versions":[{"version":"v1beta1","resources":[{"resource":"externalmetrics",` +
			`"responseKind":{"group":"external.metrics.k8s.io","version":"v1beta1","kind":"ExternalMetricValueList"},"scope":"Namespaced",` +
			`"singularResource":"","verbs":["get"]}],"freshness":"Current"}]}]}`},
		{"/apis/external.metrics.k8s.io", "application/json", "application/json", `{"kind":"APIGroup","apiVersion":"v1","name":"external.metrics.k8s.io",` +
			`"versions":[{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}],` +
			`"preferredVersion":{"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}`},
		{"/apis/external.metrics.k8s.io/v1beta1/", "application/vnd.kubernetes.protobuf, */*", "application/json", `{"kind":"APIResourceList","apiVersion":"v1",` +
			`"groupVersion":"external.metrics.k8s.io/v1beta1","resources":[{"name":"externalmetrics","singularName":"","namespaced":true,` +
			`"kind":"ExternalMetricValueList","verbs":["get"]}]}`},
	} {
		r := ask(&p, http.MethodGet, c.path, "Accept", c.accept)
		assert.Equal(t, c.media, r.Header.Get("Content-Type"))
		assert.Equal(t, "200 "+c.want, body(r), c.path)
	}
}

func TestHealth(t *testing.T) {
	var p hpa.Provider
	for _, path := range []string{"/healthz", "/livez", "/readyz"} {
		assert.Equal(t, "200 ok", get(&p, path))
	}
}

func TestDocumentsAreNotSentTwice(t *testing.T) {
	var p hpa.Provider
	for _, path := range []string{"/apis", "/openapi/v2", "/openapi/v3"} {
		tag := ask(&p, http.MethodGet, path).Header.Get("Etag")
		assert.Equal(t, "304 ", body(ask(&p, http.MethodGet, path, "If-None-Match", tag)))
		assert.Equal(t, http.StatusOK, ask(&p, http.MethodGet, path, "If-None-Match", `"another"`).StatusCode)
	}
	plain, aggregated := ask(&p, http.MethodGet, "/apis"), ask(&p, http.MethodGet, "/apis", "Accept", discoveryV2)
	assert.NotEqual(t, plain.Header.Get("Etag"), aggregated.Header.Get("Etag"))
	assert.Equal(t, "406 NotAcceptable Accept: there is only application/json and "+discoveryV2,
		summary(t, ask(&p, http.MethodGet, "/apis", "Accept", "application/yaml")))
}

func TestOpenAPI(t *testing.T) {
	var p hpa.Provider
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	decode(t, &p, "/openapi/v3", &index)
	require.Len(t, index.Paths, 1)
	url := index.Paths["apis/external.metrics.k8s.io/v1beta1"].ServerRelativeURL

	forever := ask(&p, http.MethodGet, url)
	assert.Equal(t, "public, immutable, max-age=31536000", forever.Header.Get("Cache-Control"))
	path, _, _ := strings.Cut(url, "?")
	assert.Equal(t, "/openapi/v3/apis/external.metrics.k8s.io/v1beta1", path)
	assert.Empty(t, ask(&p, http.MethodGet, path+"?hash=old").Header.Get("Cache-Control"))

	var v2, v3 map[string]any
	decode(t, &p, "/openapi/v2", &v2)
	decode(t, &p, url, &v3)
	assert.Equal(t, "2.0", v2["swagger"])
	assert.Equal(t, "3.0.0", v3["openapi"])
	for spec, schemas := range map[string]map[string]any{
		"#/definitions/":        v2,
		"#/components/schemas/": v3,
	} {
		references := 0
		walk(schemas, func(ref string) {
			references++
			name, ok := strings.CutPrefix(ref, spec)
			require.True(t, ok, ref)
			at := schemas
			for step := range strings.SplitSeq(strings.Trim(spec, "#/"), "/") {
				at = at[step].(map[string]any)
			}
			assert.Contains(t, at, name)
		})
		assert.Greater(t, references, 1)
		get := schemas["paths"].(map[string]any)[version+"/namespaces/{namespace}/{metric}"].(map[string]any)["get"].(map[string]any)
		assert.Equal(t, map[string]any{"group": "external.metrics.k8s.io", "version": "v1beta1", "kind": "ExternalMetricValueList"},
			get["x-kubernetes-group-version-kind"])
		assert.Len(t, get["parameters"], 3)
	}
}

// decode reads a JSON document.
func decode(t *testing.T, h http.Handler, target string, into any) {
	t.Helper()
	content, err := io.ReadAll(ask(h, http.MethodGet, target).Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into), string(content))
}

// walk calls visit with every reference in a JSON document.
func walk(document any, visit func(ref string)) {
	switch d := document.(type) {
	case map[string]any:
		for key, value := range d {
			if ref, ok := value.(string); ok && key == "$ref" {
				visit(ref)
			}
			walk(value, visit)
		}
	case []any:
		for _, value := range d {
			walk(value, visit)
		}
	}
}
