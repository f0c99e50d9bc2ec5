package shadow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	externalmetrics "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Cluster is an API server that is read from, and never written to.
type Cluster struct {
	client *http.Client
	url    string
}

// What an answer may have, and how long it may take.
const (
	maxAnswer = 8 << 20 // bytes
	timeout   = 10 * time.Second
	maxText   = 300 // bytes of an answer that are told
)

// NewCluster returns the cluster of a configuration. It asks nothing.
func NewCluster(config *rest.Config) (*Cluster, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	return &Cluster{client, strings.TrimSuffix(base.String(), "/")}, nil
}

// get is the only request that there is.
func (c *Cluster) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	shown, _, _ := strings.Cut(path, "?")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return fmt.Errorf("GET %s: this is no path", shown)
	}
	request.Header.Set("Accept", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		var failed *url.Error // which would name the URL once more
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("GET %s: %w", shown, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("GET %s: %w", shown, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", shown, response.Status, reason(body))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: the answer is not the JSON that it should be: %w", shown, err)
	}
	return nil
}

// reason is why a request was refused.
func reason(body []byte) string {
	var status metav1.Status
	text := string(body)
	if json.Unmarshal(body, &status) == nil && status.Message != "" {
		text = status.Message
	}
	return line.Cut(line.Of(text), maxText)
}

// A Workload is a ScaledObject in a cluster, whose readings and replicas are watched.
type Workload struct {
	Object *v1alpha1.ScaledObject

	cluster *Cluster
	scale   string                      // path
	targets map[string]scalerkit.Target // by external metric, those of the HPA
}

// Workload finds a ScaledObject that somebody scales by now.
func (c *Cluster) Workload(ctx context.Context, namespace, name string) (*Workload, error) {
	w := &Workload{cluster: c, Object: new(v1alpha1.ScaledObject)}
	in := url.PathEscape(namespace)
	if err := c.get(ctx, "/apis/keda.sh/v1alpha1/namespaces/"+in+"/scaledobjects/"+url.PathEscape(name), w.Object); err != nil {
		return nil, err
	}
	of, target := w.Object.Status.ScaleTargetGVKR, w.Object.Spec.ScaleTargetRef
	switch {
	case target == nil:
		return nil, fmt.Errorf("ScaledObject %s/%s has no scaleTargetRef", namespace, name)
	case of == nil || len(w.metrics()) == 0:
		return nil, fmt.Errorf("ScaledObject %s/%s has a status without scaleTargetGVKR or externalMetricNames: nobody scales it by a trigger", namespace, name)
	case slices.Contains(w.metrics(), hpa.Composite):
		return nil, fmt.Errorf("ScaledObject %s/%s has a formula, and only its result is told to an HPA, not what its triggers read", namespace, name)
	}
	group := "/apis/" + url.PathEscape(of.Group)
	if of.Group == "" {
		group = "/api"
	}
	w.scale = fmt.Sprintf("%s/%s/namespaces/%s/%s/%s/scale", group, url.PathEscape(of.Version), in, url.PathEscape(of.Resource), url.PathEscape(target.Name))
	return w, w.readTargets(ctx)
}

// metrics are the names of the external metrics.
func (w *Workload) metrics() []string {
	s := w.Object.Status
	if s.CompositeScalerName != "" {
		return []string{hpa.Composite}
	}
	return s.ExternalMetricNames
}

// readTargets reads what the HPA holds the metrics against.
func (w *Workload) readTargets(ctx context.Context) error {
	so := w.Object
	var h autoscalingv2.HorizontalPodAutoscaler
	name := cmp.Or(so.Status.HpaName, so.HPAName())
	path := "/apis/autoscaling/v2/namespaces/" + url.PathEscape(so.Namespace) + "/horizontalpodautoscalers/" + url.PathEscape(name)
	w.targets = make(map[string]scalerkit.Target)
	if err := w.cluster.get(ctx, path, &h); err != nil {
		return fmt.Errorf("the HPA of ScaledObject %s/%s, without which nobody tells what its triggers read: %w", so.Namespace, so.Name, err)
	}
	for _, m := range h.Spec.Metrics {
		if m.External == nil {
			continue
		}
		switch t := m.External.Target; {
		case t.AverageValue != nil:
			w.targets[m.External.Metric.Name] = scalerkit.Target{Kind: scalerkit.PerReplica, Value: t.AverageValue.AsApproximateFloat64()}
		case t.Value != nil:
			w.targets[m.External.Metric.Name] = scalerkit.Target{Kind: scalerkit.Total, Value: t.Value.AsApproximateFloat64()}
		}
	}
	return nil
}

// Metric returns the name of the external metric of the trigger at an index.
func (w *Workload) Metric(index int) (string, bool) {
	prefix := hpa.MetricName(index, "")
	i := slices.IndexFunc(w.metrics(), func(name string) bool { return strings.HasPrefix(name, prefix) })
	if i < 0 {
		return "", false
	}
	return w.metrics()[i], true
}

// Target returns what the HPA holds an external metric against, if there is one.
func (w *Workload) Target(metric string) (scalerkit.Target, bool) {
	t, ok := w.targets[metric]
	return t, ok
}

// An Observation is what a cluster tells at a time.
type Observation struct {
	Replicas int // that the workload is told to have
	Err      error
	Readings map[string]Reading // by what a trigger reads
}

// A Reading is what a trigger has read, or why that is not known.
type Reading struct {
	scalerkit.Reading
	Err error
}

// Observe reads the replicas and the triggers. Each external metric is one more reading
// of the source for who scales the workload.
func (w *Workload) Observe(ctx context.Context, triggers []Trigger) Observation {
	o := Observation{Readings: make(map[string]Reading)}
	var scale autoscalingv1.Scale
	o.Err = w.cluster.get(ctx, w.scale, &scale)
	o.Replicas = int(scale.Spec.Replicas)
	for _, t := range triggers {
		var r Reading
		if t.Here != nil {
			r.Reading, r.Err = t.Here.Read(ctx)
		} else {
			r.Value, r.Err = w.read(ctx, t.Reads)
		}
		o.Readings[t.Reads] = r
	}
	return o
}

// selector is the label by which KEDA tells the metrics of ScaledObjects apart.
const selector = "scaledobject.keda.sh/name"

// read reads an external metric as an HPA does: of several values, it takes the sum.
func (w *Workload) read(ctx context.Context, metric string) (float64, error) {
	so := w.Object
	query := url.Values{"labelSelector": {selector + "=" + so.Name}}.Encode()
	path := "/apis/external.metrics.k8s.io/v1beta1/namespaces/" + url.PathEscape(so.Namespace) + "/" + url.PathEscape(metric) + "?" + query
	var list externalmetrics.ExternalMetricValueList
	if err := w.cluster.get(ctx, path, &list); err != nil {
		return 0, err
	}
	if len(list.Items) == 0 {
		return 0, fmt.Errorf("external metric %s has no value", metric)
	}
	sum := 0.0
	for _, item := range list.Items {
		sum += item.Value.AsApproximateFloat64()
	}
	return sum, nil
}
