package hpa

import (
	"net/http"
	"sync"
	"time"
)

// DefaultMaxAge is how long a Value is good for that does not say so itself.
const DefaultMaxAge = 2 * time.Minute

// An Owner is the object that values are published for: a ScaledObject, or
// whatever takes its place.
type Owner struct{ Namespace, Name string }

// String returns "namespace/name".
func (o Owner) String() string { return o.Namespace + "/" + o.Name }

// A Value is one reading of one metric, or the reason why there is none.
type Value struct {
	// Metric is the name under which the value is asked for, in upper or lower
	// case: the HPA controller's client asks in lower case for any name.
	Metric string

	// Labels are what selectors are matched with.
	Labels map[string]string

	// Value is the reading. One that is negative, infinite or not a number is
	// unknown, as with Err.
	Value float64

	// Time is when the source had this level, which some sources tell only
	// minutes later; see scalerkit.Reading.
	Time time.Time

	// MaxAge is how long the value is good for after it was published; 0 means
	// [DefaultMaxAge]. After that it is not served any more.
	MaxAge time.Duration

	// Err says that the value is unknown, and why. Whoever may ask for the
	// metric is told, in a few hundred bytes at most.
	Err error
}

// A Provider serves published values as the API external.metrics.k8s.io. It
// never reads a source: what a request needs is in memory, and a source that
// is down concerns nothing but its own metrics.
//
// The zero value is ready to use; a Provider must not be copied. Its methods
// may be called concurrently. The fields are not changed after the first
// request.
type Provider struct {
	// Next is asked for metrics that are unknown here, with the request as it
	// came, and its answer is passed on. If nil, they are not found. It is how
	// several adapters share the one API of a cluster.
	Next http.Handler

	// Observe is told of every request for a metric, after the answer. It may
	// be called concurrently.
	Observe func(Request)

	mu     sync.RWMutex
	owners map[Owner][]*series
	index  index
}

// Publish puts the values of owner in place of those that it had. Requests see
// either all of the old or all of the new. Values with the same metric and
// labels are separate items of an answer.
func (p *Provider) Publish(owner Owner, values []Value) {
	now := time.Now()
	samples := make([]*sample, len(values))
	for i := range values {
		samples[i] = newSample(owner, &values[i], now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(owner, values, samples)
}

// Withdraw removes all values of owner. Requests for them are then requests
// for unknown metrics.
func (p *Provider) Withdraw(owner Owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(owner, nil, nil)
}

// replace makes the series of owner those of values. Where a series stays, and
// mostly all do, nothing but its sample changes. The caller holds the mutex.
func (p *Provider) replace(owner Owner, values []Value, samples []*sample) {
	if p.index == nil {
		p.index = make(index)
		p.owners = make(map[Owner][]*series)
	}
	old := p.owners[owner]
	for i := range values {
		if i == len(old) {
			old = append(old, p.index.insert(owner.Namespace, &values[i]))
		} else if !old[i].is(&values[i]) {
			p.index.remove(old[i])
			old[i] = p.index.insert(owner.Namespace, &values[i])
		}
		samples[i].value.MetricLabels = old[i].labels
		old[i].last = samples[i]
	}
	for _, s := range old[len(values):] {
		p.index.remove(s)
	}
	clear(old[len(values):])
	if len(values) == 0 {
		delete(p.owners, owner)
		return
	}
	p.owners[owner] = old[:len(values)]
}
