// Package telemetry makes Prometheus metrics of what the operator does: KEDA's,
// under their names, and those that KEDA does not have.
//
// What is told of one object is kept with the object and written when somebody
// asks for it. So a round costs next to nothing, and with an object go its
// series. What is not known, such as the value of a trigger that fails, is a
// series that is not there.
package telemetry

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/hpa"
)

// A Kind is what KEDA's label type calls a kind of object.
type Kind string

// The kinds of objects that are scaled by triggers.
const (
	ScaledObject Kind = "scaledobject"
	ScaledJob    Kind = "scaledjob"
)

// An Object is what the labels say of a ScaledObject or ScaledJob.
type Object struct {
	Kind            Kind
	Namespace, Name string
	Paused          bool
	Formula         bool      // one value takes the place of the triggers'
	Triggers        []Trigger // all that the object has
}

// A Trigger is what the labels say of a trigger.
type Trigger struct {
	Index  int    // in the object
	Name   string // in the object; may be empty
	Type   string // such as "redis-streams"
	Metric string // such as "s0-redis-orders"

	// Sample is the trigger's name in its Loop; see [autoscale.Sample]. A
	// trigger that the HPA reads by itself has none.
	Sample string
}

// Telemetry is what is known of all objects. It is a [prometheus.Collector], to
// be registered. Its methods may be called concurrently.
type Telemetry struct {
	// Connections, if set, returns the number of connections that triggers
	// share, such as [scalerkit.Pool.Len]. It is set before the first scrape.
	Connections func() int

	// Drivers, if set, says what KEDA calls scalers. It is set before the first
	// Set. A trigger of another type has its type for a label.
	Drivers *scalerkit.Registry

	build    prometheus.Metric
	exchange exchangeMetrics
	requests requestMetrics
	webhook  webhookMetrics

	mu              sync.Mutex
	objects         map[scalerkit.Key]*object
	authentications map[scalerkit.Key]bool
	steps           map[autoscale.Rule]float64
	rounds          map[rounds]float64
}

// A rounds is what rounds are counted by.
type rounds struct {
	kind    Kind
	outcome string // failed, unchanged or changed
}

// An object is what was told of an Object.
type object struct {
	Object
	series []series
	errors float64
	late   float64 // seconds by which the last round ended after it was due; negative if there was none
	jobs   float64 // that were created
}

// A series is what was told of a trigger, or of the formula.
type series struct {
	sample  string   // name in the Loop
	labels  []string // in the order of triggerLabels
	seen    bool     // a round was told
	known   bool     // the last reading did not fail
	value   float64
	active  bool
	at      time.Time // of the reading; zero if it is not known
	latency float64   // of the last exchange in seconds; negative if there was none
	errors  float64
}

// New returns Telemetry about an operator of the given version, built from the
// given commit.
func New(version, commit string) *Telemetry {
	return &Telemetry{
		build:           buildInfo(version, commit),
		exchange:        newExchangeMetrics(),
		requests:        newRequestMetrics(),
		webhook:         newWebhookMetrics(),
		objects:         make(map[scalerkit.Key]*object),
		authentications: make(map[scalerkit.Key]bool),
		steps:           make(map[autoscale.Rule]float64),
		rounds:          make(map[rounds]float64),
	}
}

// Set tells of an object that is new or has changed. The key is that of its
// Loop. What was told of triggers that are still there is kept.
func (t *Telemetry) Set(key scalerkit.Key, o Object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := &object{Object: o, late: -1}
	var old []series
	if before := t.objects[key]; before != nil {
		next.errors, next.late, next.jobs, old = before.errors, before.late, before.jobs, before.series
	}
	for _, trigger := range o.Triggers {
		if trigger.Sample != "" {
			next.add(trigger.Sample, old, trigger.Metric, t.scalerName(trigger), trigger.Index)
		}
	}
	if o.Formula {
		next.add(autoscale.Formula, old, hpa.Composite, hpa.Composite, 0) // KEDA's index
	}
	t.objects[key] = next
}

// Delete tells that an object is no more.
func (t *Telemetry) Delete(key scalerkit.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.objects, key)
}

// Failed counts an error of an object that is not a round's: it cannot be
// reconciled as it is.
func (t *Telemetry) Failed(key scalerkit.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.objects[key]; o != nil {
		o.errors++
	}
}

// SetAuthentication tells of a TriggerAuthentication or, without a namespace,
// of a ClusterTriggerAuthentication.
func (t *Telemetry) SetAuthentication(namespace, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.authentications[scalerkit.Key{Namespace: namespace, Name: name}] = true
}

// DeleteAuthentication tells that it is no more.
func (t *Telemetry) DeleteAuthentication(namespace, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.authentications, scalerkit.Key{Namespace: namespace, Name: name})
}

// Observe tells of a round, at its end. It is for [control.Loop.Observe].
func (t *Telemetry) Observe(round control.Round) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.objects[round.Key]
	if o == nil {
		return
	}
	o.late = max(time.Since(round.Time).Seconds(), 0)
	o.jobs += float64(round.Created)
	failed := round.Err != nil
	for i := range round.Samples {
		failed = o.sample(&round.Samples[i]) || failed
	}
	if failed {
		o.errors++
	}
	o.formula(round)
	t.count(o.Kind, round)
}

// count counts the round and the steps of its decision. The caller holds the
// mutex.
func (t *Telemetry) count(kind Kind, round control.Round) {
	for i := range round.Decision.Steps {
		t.steps[round.Decision.Steps[i].Rule]++
	}
	for i := range round.Job.Steps {
		t.steps[round.Job.Steps[i].Rule]++
	}
	outcome := "unchanged"
	switch {
	case round.Err != nil:
		outcome = "failed"
	case round.Created > 0, kind == ScaledObject && round.Decided && round.Decision.Replicas != round.Current:
		outcome = "changed"
	}
	t.rounds[rounds{kind, outcome}]++
}

// add adds the series of a trigger, with what was told of it before.
func (o *object) add(sample string, old []series, metric, scaler string, index int) {
	s := series{
		sample:  sample,
		labels:  triggerLabelValues(o.Object, metric, scaler, index),
		latency: -1,
	}
	for i := range old {
		if old[i].sample == sample {
			labels := s.labels
			s = old[i]
			s.labels = labels
		}
	}
	o.series = append(o.series, s)
}

// find returns the series of a trigger by its name in the Loop, or nil.
func (o *object) find(sample string) *series {
	for i := range o.series {
		if o.series[i].sample == sample {
			return &o.series[i]
		}
	}
	return nil
}

// sample takes over what came of reading a trigger, and returns whether it
// failed.
func (o *object) sample(sample *autoscale.Sample) (failed bool) {
	s := o.find(sample.Trigger)
	if s == nil {
		return sample.Err != nil // of a Loop that was replaced meanwhile
	}
	s.seen, s.known = true, sample.Err == nil
	s.value, s.active, s.at = sample.Reading.Value, sample.Reading.IsActive(sample.Metric), sample.Reading.Time
	if !s.known {
		s.errors++
	}
	return !s.known
}

// formula takes over the value of the formula, if there is one.
func (o *object) formula(round control.Round) {
	for i := range round.Decision.Triggers {
		outcome := &round.Decision.Triggers[i]
		s := o.find(autoscale.Formula)
		if outcome.Trigger != autoscale.Formula || s == nil {
			continue
		}
		s.seen, s.known = true, outcome.Known
		s.value, s.active, s.at = outcome.Value, outcome.Active, round.Time
		if outcome.Err != "" {
			s.errors++
		}
	}
}
