package hpa

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
)

const (
	groupPath   = "/apis/" + v1beta1.GroupName
	versionPath = groupPath + "/v1beta1"
	metricsPath = versionPath + "/namespaces/"
)

// ServeHTTP implements [http.Handler]. It answers whoever asks: put a
// [FrontProxy] before it.
//
// A metric is at /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric},
// with an optional labelSelector, and all matching values of that namespace
// are the items of the answer:
//
//   - 200 if there is at least one and all are known and fresh, each with the
//     time at which its source was read
//   - 400 if the selector cannot be parsed
//   - 404 if there is none, unless Next is asked
//   - 405 if it is not to be read but something else
//   - 406 if neither JSON nor protobuf is accepted
//   - 503 if any of the values is unknown or stale: a sum that lacks a part of
//     what it stands for would be too small
//
// All that is not 200 has a metav1.Status. Discovery, OpenAPI, /healthz,
// /livez and /readyz do not depend on what is published.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	namespace, metric, ok := strings.Cut(strings.TrimPrefix(path, metricsPath), "/")
	if !strings.HasPrefix(path, metricsPath) || !ok || namespace == "" || metric == "" || strings.Contains(metric, "/") {
		serveDocument(w, r, path)
		return
	}
	p.serveMetric(w, r, namespace, metric)
}

func (p *Provider) serveMetric(w http.ResponseWriter, r *http.Request, namespace, metric string) {
	began := time.Now()
	request := Request{Namespace: namespace, Metric: metric, User: User(r.Context())}
	list, oldest, failed := p.list(r, namespace, metric, began)
	switch {
	case failed == nil:
		request.Age = oldest
		request.Code = write(w, r, http.StatusOK, list)
	case failed.Code == http.StatusNotFound && p.Next != nil:
		recorder := &recorder{ResponseWriter: w, code: http.StatusOK}
		p.Next.ServeHTTP(recorder, r)
		request.Code, request.Next = recorder.code, true
	default:
		request.Code = writeFailure(w, r, failed)
	}
	if p.Observe != nil {
		request.Duration = time.Since(began)
		p.Observe(request)
	}
}

// list returns the answer to a request for a metric, and the age of its oldest
// item.
func (p *Provider) list(r *http.Request, namespace, metric string, now time.Time) (*v1beta1.ExternalMetricValueList, time.Duration, *metav1.Status) {
	selector, failed := parse(r)
	if failed != nil {
		return nil, 0, failed
	}
	p.mu.RLock()
	samples := p.index.find(namespace, metric, selector)
	p.mu.RUnlock()
	if len(samples) == 0 {
		if selector.Empty() {
			return nil, 0, notFound("no metric %q in namespace %q", metric, namespace)
		}
		return nil, 0, notFound("no metric %q with labels %q in namespace %q", metric, selector, namespace)
	}
	list := &v1beta1.ExternalMetricValueList{
		TypeMeta: metav1.TypeMeta{Kind: "ExternalMetricValueList", APIVersion: v1beta1.SchemeGroupVersion.String()},
		Items:    make([]v1beta1.ExternalMetricValue, len(samples)),
	}
	var oldest time.Duration
	for i, s := range samples {
		if problem := s.problem(now); problem != "" {
			return nil, 0, unavailable("%s", problem)
		}
		list.Items[i] = s.value
		oldest = max(oldest, s.age(now))
	}
	return list, oldest, nil
}

// parse returns the selector of a request for a metric.
func parse(r *http.Request) (labels.Selector, *metav1.Status) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, notAllowed(r.Method)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("query: %v", err)
	}
	if watch := query.Get("watch"); watch != "" {
		if yes, err := strconv.ParseBool(watch); err != nil || yes {
			return nil, notAllowed("watch")
		}
	}
	if query.Get("fieldSelector") != "" {
		return nil, badRequest("fieldSelector: metrics are selected by their labels")
	}
	if len(query["labelSelector"]) > 1 {
		return nil, badRequest("labelSelector: more than one")
	}
	selector, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		return nil, badRequest("labelSelector: %v", err)
	}
	return selector, nil
}

func notAllowed(method string) *metav1.Status {
	return failure(http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, "%s is not allowed: there is only GET", method)
}

// An object is what the API answers with.
type object interface {
	GetObjectKind() schema.ObjectKind
	Marshal() ([]byte, error)
}

// write writes the object in the representation that the request prefers, and
// returns the code of the answer.
func write(w http.ResponseWriter, r *http.Request, code int, o object) int {
	media := negotiate(r.Header.Values("Accept"), mediaJSON, mediaProtobuf)
	if media == "" {
		code, media = http.StatusNotAcceptable, mediaJSON
		o = failure(code, metav1.StatusReasonNotAcceptable, "Accept: there are only %s and %s", mediaJSON, mediaProtobuf)
	}
	body, err := encode(o, media)
	if err != nil {
		code, media = http.StatusInternalServerError, mediaJSON
		body, _ = json.Marshal(failure(code, metav1.StatusReasonInternalError, "%v", err))
	}
	header := w.Header()
	header.Set("Content-Type", media)
	header.Set("Cache-Control", "no-cache, private")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // whoever asked has gone
	return code
}

// writeFailure writes a Status and the headers that go with it.
func writeFailure(w http.ResponseWriter, r *http.Request, s *metav1.Status) int {
	switch s.Code {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, HEAD")
	case http.StatusServiceUnavailable:
		// A time and not a number of seconds: with a number, the HPA controller's
		// client would sleep and try again, ten times, and all HPAs of the
		// cluster would wait for the few workers that do so.
		w.Header().Set("Retry-After", time.Now().Add(retryAfter).UTC().Format(http.TimeFormat))
	}
	return write(w, r, int(s.Code), s)
}

// magic begins every protobuf message of Kubernetes.
const magic = "k8s\x00"

func encode(o object, media string) ([]byte, error) {
	if media == mediaJSON {
		return json.Marshal(o)
	}
	raw, err := o.Marshal()
	if err != nil {
		return nil, err
	}
	envelope := runtime.Unknown{Raw: raw}
	envelope.APIVersion, envelope.Kind = o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	body, err := envelope.Marshal()
	return append([]byte(magic), body...), err
}

// A recorder notes the code that passes through it.
type recorder struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
