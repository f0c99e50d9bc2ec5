package hpa

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
)

// isHealth says whether the path is one that load balancers and kubelets ask.
func isHealth(path string) bool { return path == "/healthz" || path == "/livez" || path == "/readyz" }

// serveDocument answers all requests that are not for a metric.
func serveDocument(w http.ResponseWriter, r *http.Request, path string) {
	representations, ok := documents()[path]
	switch {
	case !ok && !isHealth(path):
		writeFailure(w, r, notFound("there is no %s: metrics are at %s{namespace}/{metric}", path, metricsPath))
		return
	case !isRead(r.Method):
		writeFailure(w, r, notAllowed(r.Method))
		return
	case !ok:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok")) // whoever asked has gone
		return
	}
	offers := make([]media, len(representations))
	for i := range representations {
		offers[i] = representations[i].media
	}
	i := negotiate(r.Header.Values("Accept"), offers...)
	if i < 0 {
		writeFailure(w, r, notAcceptable(offers...))
		return
	}
	d := &representations[i]
	header := w.Header()
	header.Set("Content-Type", d.media.String())
	header.Set("Etag", `"`+d.hash+`"`)
	header.Set("Vary", "Accept")
	if r.URL.Query().Get("hash") == d.hash {
		header.Set("Cache-Control", "public, immutable, max-age=31536000")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(d.body))
}

// A document is an answer that never changes.
type document struct {
	media media
	body  []byte
	hash  string
}

func newDocument(m media, content any) document {
	body, err := json.Marshal(content)
	if err != nil {
		panic(err) // there is nothing in it that has no JSON
	}
	return document{media: m, body: body, hash: fmt.Sprintf("%X", sha256.Sum256(body))}
}

// documents are those of discovery and OpenAPI, by their paths. The metrics
// are not among them: one resource stands for all, as there may be thousands.
var documents = sync.OnceValue(func() map[string][]document {
	version := metav1.GroupVersionForDiscovery{
		GroupVersion: v1beta1.SchemeGroupVersion.String(),
		Version:      v1beta1.SchemeGroupVersion.Version,
	}
	group := metav1.APIGroup{
		Name:             v1beta1.GroupName,
		Versions:         []metav1.GroupVersionForDiscovery{version},
		PreferredVersion: version,
	}
	named := group
	named.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
	spec := newDocument(mediaJSON, openAPIv3())
	return map[string][]document{
		"/apis": {
			newDocument(mediaJSON, metav1.APIGroupList{
				TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"},
				Groups:   []metav1.APIGroup{group},
			}),
			newDocument(mediaDiscovery, apidiscoveryv2.APIGroupDiscoveryList{
				TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: apidiscoveryv2.SchemeGroupVersion.String()},
				Items: []apidiscoveryv2.APIGroupDiscovery{{
					ObjectMeta: metav1.ObjectMeta{Name: v1beta1.GroupName},
					Versions: []apidiscoveryv2.APIVersionDiscovery{{
						Version:   version.Version,
						Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent,
						Resources: []apidiscoveryv2.APIResourceDiscovery{{
							Resource:     "externalmetrics",
							ResponseKind: &metav1.GroupVersionKind{Group: v1beta1.GroupName, Version: version.Version, Kind: listKind},
							Scope:        apidiscoveryv2.ScopeNamespace,
							Verbs:        []string{"get"},
						}},
					}},
				}},
			}),
		},
		groupPath: {newDocument(mediaJSON, named)},
		versionPath: {newDocument(mediaJSON, metav1.APIResourceList{
			TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
			GroupVersion: version.GroupVersion,
			APIResources: []metav1.APIResource{{
				Name:       "externalmetrics",
				Namespaced: true,
				Kind:       listKind,
				Verbs:      metav1.Verbs{"get"},
			}},
		})},
		"/openapi/v2": {newDocument(mediaJSON, openAPIv2())},
		"/openapi/v3": {newDocument(mediaJSON, tree{"paths": tree{
			versionPath[1:]: tree{"serverRelativeURL": "/openapi/v3" + versionPath + "?hash=" + spec.hash},
		}})},
		"/openapi/v3" + versionPath: {spec},
	}
})
