package hpa_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit/hpa"
)

// FuzzRequest asks for anything in any way. What is answered is never a panic,
// never a metric without a value, and never another namespace's.
func FuzzRequest(f *testing.F) {
	f.Add("GET", shop+"orders", "labelSelector=scaledobject.keda.sh%2Fname%3Dpacker", jsonMedia)
	f.Add("GET", shop+"orders", "labelSelector=!zone,name+notin+(a,b)", protobufMedia+", */*;q=0.5")
	f.Add("GET", shop+"foreign", "watch=1&limit=0&fieldSelector=", "text/html;q=x,,")
	f.Add("GET", shop+"unknown/", "labelSelector=%zz&labelSelector", "application/json;as=Table;v=v1;g=meta.k8s.io")
	f.Add("POST", version+"/namespaces//orders/x", "hash=", "*")
	f.Add("HEAD", "/apis", "", discoveryV2)
	f.Add("GET", "/openapi/v3"+version, "hash=1", "\x00")
	f.Fuzz(func(t *testing.T, method, path, query, accept string) {
		var p hpa.Provider
		p.Publish(packer, []hpa.Value{
			reading("orders", 120, named("packer")),
			{Metric: "unknown", Err: errors.New("no such queue")},
		})
		p.Publish(hpa.Owner{Namespace: "mall", Name: "packer"}, []hpa.Value{reading("foreign", 7, nil)})
		r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Accept": {accept}}}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		switch {
		case w.Code >= 400:
			if w.Header().Get("Content-Type") == jsonMedia {
				var s metav1.Status
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &s))
				require.EqualValues(t, w.Code, s.Code)
			} else {
				require.Equal(t, protobufMedia, w.Header().Get("Content-Type"))
			}
		case w.Header().Get("Content-Type") == protobufMedia:
			require.Contains(t, w.Body.String(), "orders")
		default:
			var list v1beta1.ExternalMetricValueList
			if json.Unmarshal(w.Body.Bytes(), &list) != nil || list.Kind != "ExternalMetricValueList" {
				return // a document
			}
			require.NotEmpty(t, list.Items)
			for _, item := range list.Items {
				if item.MetricName == "foreign" {
					require.EqualValues(t, 7, item.Value.Value())
					require.Contains(t, path, "/mall/")
				} else {
					require.EqualValues(t, 120, item.Value.Value())
					require.Contains(t, path, "/shop/")
				}
			}
		}
	})
}
