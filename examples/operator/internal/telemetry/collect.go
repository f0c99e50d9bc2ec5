package telemetry

import (
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// triggerLabels are KEDA's labels of a trigger. The name of a ScaledJob is in
// scaledObject, too.
var triggerLabels = []string{"namespace", "metric", "scaledObject", "scaler", "triggerIndex", "type"}

func triggerLabelValues(o Object, metric, scaler string, index int) []string {
	return []string{o.Namespace, metric, o.Name, scaler, strconv.Itoa(index), string(o.Kind)}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	scalerActive = desc("keda_scaler_active",
		"1 while the trigger calls for at least one replica.", triggerLabels...)
	scalerValue = desc("keda_scaler_metrics_value",
		"The last reading of the trigger; absent while it fails.", triggerLabels...)
	scalerLatency = desc("keda_scaler_metrics_latency_seconds",
		"How long the last exchange took in which the trigger was read.", triggerLabels...)
	scalerErrors = desc("keda_scaler_detail_errors_total",
		"Rounds in which the trigger failed.", triggerLabels...)
	readingAge = desc("scalerkit_reading_age_seconds",
		"How long ago the source had the level that the last reading says.", triggerLabels...)

	objectErrors = desc("keda_scaled_object_errors_total",
		"Rounds of a ScaledObject in which something failed.", "namespace", "scaledObject")
	objectPaused = desc("keda_scaled_object_paused",
		"1 while the ScaledObject is paused.", "namespace", "scaledObject")
	jobErrors = desc("keda_scaled_job_errors_total",
		"Rounds of a ScaledJob in which something failed.", "namespace", "scaledJob")
	jobsCreated = desc("scalerkit_jobs_created_total",
		"Jobs created for a ScaledJob.", "namespace", "scaledJob")
	loopLatency = desc("keda_internal_scale_loop_latency_seconds",
		"How long after it was due the last round ended.", "namespace", "type", "resource")

	triggersRegistered = desc("keda_trigger_registered_total",
		"Triggers that there are.", "type")
	resourcesRegistered = desc("keda_resource_registered_total",
		"Objects that there are.", "type", "namespace")

	decisionSteps = desc("scalerkit_decision_steps_total",
		"Steps of decisions, by rule.", "rule")
	roundsTotal = desc("scalerkit_rounds_total",
		"Rounds, by outcome: failed, unchanged, or changed where replicas were set or jobs created.", "type", "outcome")
	connections = desc("scalerkit_connections",
		"Connections to event sources that triggers share.")
)

// buildInfo is the one metric that does not change.
func buildInfo(version, commit string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc("keda_build_info", "Which operator this is.",
		"version", "git_commit", "goversion", "goos", "goarch"), prometheus.GaugeValue, 1,
		version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// collectors are those that count by themselves.
func (t *Telemetry) collectors() []prometheus.Collector {
	return slices.Concat(t.exchange.collectors(), t.requests.collectors(), t.webhook.collectors())
}

// Describe is for [prometheus.Collector].
func (t *Telemetry) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		t.build.Desc(), scalerActive, scalerValue, scalerLatency, scalerErrors, readingAge,
		objectErrors, objectPaused, jobErrors, jobsCreated, loopLatency,
		triggersRegistered, resourcesRegistered, decisionSteps, roundsTotal, connections,
	} {
		ch <- d
	}
	for _, c := range t.collectors() {
		c.Describe(ch)
	}
}

// Collect is for [prometheus.Collector].
func (t *Telemetry) Collect(ch chan<- prometheus.Metric) {
	ch <- t.build
	for _, c := range t.collectors() {
		c.Collect(ch)
	}
	if t.Connections != nil {
		ch <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(t.Connections()))
	}
	// Made first and sent afterwards: whoever receives may be slow.
	for _, m := range t.metrics(time.Now()) {
		ch <- m
	}
}

// metrics returns what was told of objects.
func (t *Telemetry) metrics(now time.Time) []prometheus.Metric {
	t.mu.Lock()
	defer t.mu.Unlock()
	var l list
	triggers, resources := map[string]float64{}, map[[2]string]float64{}
	for _, o := range t.objects {
		l.object(o, now)
		for _, trigger := range o.Triggers {
			triggers[trigger.Type]++
		}
		kind := "scaled_object"
		if o.Kind == ScaledJob {
			kind = "scaled_job"
		}
		resources[[2]string{kind, o.Namespace}]++
	}
	for key := range t.authentications {
		kind := "trigger_authentication"
		if key.Namespace == "" {
			kind = "cluster_trigger_authentication"
		}
		resources[[2]string{kind, key.Namespace}]++
	}
	for kind, n := range triggers {
		l.gauge(triggersRegistered, n, kind)
	}
	for r, n := range resources {
		l.gauge(resourcesRegistered, n, r[0], r[1])
	}
	for rule, n := range t.steps {
		l.counter(decisionSteps, n, string(rule))
	}
	for r, n := range t.rounds {
		l.counter(roundsTotal, n, string(r.kind), r.outcome)
	}
	return l
}

// A list is metrics that are being made.
type list []prometheus.Metric

func (l *list) gauge(d *prometheus.Desc, v float64, labels ...string) {
	*l = append(*l, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
}

func (l *list) counter(d *prometheus.Desc, v float64, labels ...string) {
	*l = append(*l, prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...))
}

func (l *list) object(o *object, now time.Time) {
	if o.late >= 0 {
		l.gauge(loopLatency, o.late, o.Namespace, string(o.Kind), o.Name)
	}
	if o.Kind == ScaledJob {
		l.counter(jobErrors, o.errors, o.Namespace, o.Name)
		l.counter(jobsCreated, o.jobs, o.Namespace, o.Name)
	} else {
		l.counter(objectErrors, o.errors, o.Namespace, o.Name)
		l.gauge(objectPaused, number(o.Paused), o.Namespace, o.Name)
	}
	for i := range o.series {
		l.trigger(&o.series[i], now)
	}
}

func (l *list) trigger(s *series, now time.Time) {
	if s.latency >= 0 {
		l.gauge(scalerLatency, s.latency, s.labels...)
	}
	if !s.seen {
		return
	}
	l.counter(scalerErrors, s.errors, s.labels...)
	if !s.known {
		return
	}
	l.gauge(scalerActive, number(s.active), s.labels...)
	l.gauge(scalerValue, s.value, s.labels...)
	if !s.at.IsZero() {
		l.gauge(readingAge, max(now.Sub(s.at).Seconds(), 0), s.labels...)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
