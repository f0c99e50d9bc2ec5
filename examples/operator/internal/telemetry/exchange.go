package telemetry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
)

// Seconds from an answer out of memory to a time limit.
var secondsBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

type exchangeMetrics struct {
	total    *prometheus.CounterVec
	duration prometheus.Histogram
	triggers prometheus.Histogram
}

func newExchangeMetrics() exchangeMetrics {
	return exchangeMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scalerkit_exchanges_total",
			Help: "Exchanges with event sources, by outcome: answered, or failed where the source is down or throttles.",
		}, []string{"outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scalerkit_exchange_duration_seconds",
			Help:    "Time until the source had answered or failed.",
			Buckets: secondsBuckets,
		}),
		triggers: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scalerkit_exchange_triggers",
			Help:    "Triggers that were read in one exchange.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000},
		}),
	}
}

func (m *exchangeMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.total, m.duration, m.triggers}
}

// Exchanged tells of an exchange. It is for [control.Runner.Exchanged].
func (t *Telemetry) Exchanged(x control.Exchange) {
	outcome := "answered"
	if x.Err != nil {
		outcome = "failed"
	}
	t.exchange.total.WithLabelValues(outcome).Inc()
	t.exchange.duration.Observe(x.Duration.Seconds())
	t.exchange.triggers.Observe(float64(x.Triggers))

	t.mu.Lock()
	defer t.mu.Unlock()
	for key, trigger := range x.All {
		if o := t.objects[key]; o != nil {
			if s := o.find(trigger); s != nil {
				s.latency = x.Duration.Seconds()
			}
		}
	}
}

type requestMetrics struct {
	total    *prometheus.CounterVec
	duration prometheus.Histogram
	age      prometheus.Histogram
}

func newRequestMetrics() requestMetrics {
	return requestMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scalerkit_metrics_api_requests_total",
			Help: "Requests for external metrics, by the HTTP status of the answer.",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scalerkit_metrics_api_request_duration_seconds",
			Help:    "Time until a request for an external metric was answered.",
			Buckets: secondsBuckets,
		}),
		age: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scalerkit_metrics_api_value_age_seconds",
			Help:    "How long before the answer the source was read.",
			Buckets: []float64{.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300},
		}),
	}
}

func (m *requestMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.total, m.duration, m.age}
}

// Requested tells of a request for a metric. It is for [hpa.Provider.Observe].
func (t *Telemetry) Requested(r hpa.Request) {
	t.requests.total.WithLabelValues(strconv.Itoa(r.Code)).Inc()
	t.requests.duration.Observe(r.Duration.Seconds())
	if r.Code == 200 && !r.Next {
		t.requests.age.Observe(r.Age.Seconds())
	}
}

type webhookMetrics struct {
	validations, errors *prometheus.CounterVec
}

func newWebhookMetrics() webhookMetrics {
	return webhookMetrics{
		validations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keda_webhook_scaled_object_validations_total",
			Help: "ScaledObjects that were checked at admission.",
		}, []string{"namespace", "action"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keda_webhook_scaled_object_validation_errors_total",
			Help: "Problems of ScaledObjects that were refused at admission.",
		}, []string{"namespace", "action", "reason"}),
	}
}

func (m *webhookMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.validations, m.errors}
}

// Validated tells of a ScaledObject that was checked at admission, with the
// reasons for which it was refused. The action is create or update.
func (t *Telemetry) Validated(namespace, action string, reasons []string) {
	t.webhook.validations.WithLabelValues(namespace, action).Inc()
	for _, reason := range reasons {
		t.webhook.errors.WithLabelValues(namespace, action, reason).Inc()
	}
}
