package shadow

import "github.com/prometheus/client_golang/prometheus"

// Descriptions of the metrics. By is the cluster, or a policy by its name.
var (
	replicasMetric = prometheus.NewDesc("replay_live_replicas", "Replicas that the workload has, or would have by a policy.", []string{"by"}, nil)
	secondsMetric  = prometheus.NewDesc("replay_live_replica_seconds_total", "Replicas, summed over all seconds.", []string{"by"}, nil)
	changesMetric  = prometheus.NewDesc("replay_live_changes_total", "How often the replicas changed.", []string{"by"}, nil)
	roundsMetric   = prometheus.NewDesc("replay_live_rounds_total", "Rounds in which the cluster was asked.", nil, nil)
	differsMetric  = prometheus.NewDesc("replay_live_rounds_that_differ_total", "Rounds in which a policy had other replicas than the cluster.", []string{"by"}, nil)
	readingMetric  = prometheus.NewDesc("replay_live_reading", "What a trigger reads. It is not there while it cannot be read.", []string{"of"}, nil)
	errorsMetric   = prometheus.NewDesc("replay_live_errors_total", "Rounds in which something could not be read.", []string{"of"}, nil)
)

// Describe implements prometheus.Collector.
func (s *Shadow) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{replicasMetric, secondsMetric, changesMetric, roundsMetric, differsMetric, readingMetric, errorsMetric} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s *Shadow) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	count(roundsMetric, float64(s.rounds))
	for metric, value := range s.readings {
		gauge(readingMetric, value, metric)
	}
	for of, f := range s.failures {
		count(errorsMetric, float64(f.Rounds), of)
	}
	if s.rounds == s.unknown {
		return
	}
	actor := func(by string, a *actor) {
		if by != Actual || s.known {
			gauge(replicasMetric, float64(a.replicas), by)
		}
		count(secondsMetric, a.seconds, by)
		count(changesMetric, float64(a.changes), by)
	}
	actor(Actual, &s.cluster)
	for _, p := range s.policies {
		actor(p.Name, &p.actor)
		count(differsMetric, float64(p.differs), p.Name)
	}
}
