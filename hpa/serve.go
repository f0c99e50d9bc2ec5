package hpa

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
)

const (
	groupPath   = "/apis/" + v1beta1.GroupName
	versionPath = groupPath + "/v1beta1"
	metricsPath = versionPath + "/namespaces/"

	listKind = "ExternalMetricValueList"
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
	if namespace, metric, ok := metricAt(path); ok {
		p.serveMetric(w, r, namespace, metric)
	} else {
		serveDocument(w, r, path)
	}
}

// metricAt returns the metric that a path names.
func metricAt(path string) (namespace, metric string, ok bool) {
	path, ok = strings.CutPrefix(path, metricsPath)
	if !ok {
		return "", "", false
	}
	namespace, metric, _ = strings.Cut(path, "/")
	return namespace, metric, namespace != "" && metric != "" && !strings.Contains(metric, "/")
}

func (p *Provider) serveMetric(w http.ResponseWriter, r *http.Request, namespace, metric string) {
	began := time.Now()
	request := Request{Namespace: namespace, Metric: metric, User: User(r.Context())}
	list, oldest, failed := p.list(r, namespace, metric, began)
	switch {
	case failed == nil:
		if request.Code = write(w, r, http.StatusOK, list); request.Code == http.StatusOK {
			request.Age = oldest
		}
	case failed.Code == http.StatusNotFound && p.Next != nil:
		recorder := &recorder{ResponseWriter: w}
		p.Next.ServeHTTP(recorder, r)
		request.Code, request.Next = cmp.Or(recorder.code, http.StatusOK), true
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
		TypeMeta: metav1.TypeMeta{Kind: listKind, APIVersion: v1beta1.SchemeGroupVersion.String()},
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
	if !isRead(r.Method) {
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

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }
