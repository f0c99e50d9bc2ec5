// Package shadow says what policies would do with a workload that somebody else scales:
// they get the same readings at the same times, and what they decide is compared with
// what is done. Nothing is written to the cluster.
package shadow

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// A Policy is one that is compared with what is done.
type Policy struct {
	Name     string
	Decider  autoscale.Decider
	Interval time.Duration // greater than 0
	Triggers []Trigger
}

// A Trigger is one of a Policy. What it reads is an external metric of the cluster, or
// something that asks nobody, such as the time.
type Trigger struct {
	Name   string
	Reads  string           // the external metric, or a name of its own
	Here   scalerkit.Scaler // nil if it is an external metric
	Metric scalerkit.Metric
}

// goesByReplicas says that a trigger's value means something only beside the replicas
// that there really are.
func (p *Policy) goesByReplicas() bool {
	return slices.ContainsFunc(p.Triggers, func(t Trigger) bool { return t.Metric.Target.Kind == scalerkit.Total })
}

// A Shadow follows a workload. Its methods may be called concurrently.
type Shadow struct {
	mu       sync.Mutex
	start    time.Time
	last     time.Time // of the last round
	known    bool      // the replicas were known then
	rounds   int
	unknown  int           // rounds in which the replicas were not known
	unseen   time.Duration // after these
	cluster  actor
	policies []*player
	failures map[string]*Failure // by what could not be read
	readings map[string]float64  // the last ones
	moments  []Moment
}

// An actor is who has replicas.
type actor struct {
	replicas, first, most, least int
	changes                      int
	seconds                      float64
}

func (a *actor) begin(replicas int) { *a = actor{replicas, replicas, replicas, replicas, 0, 0} }

// become says that there are so many now, and whether that is a change.
func (a *actor) become(replicas int) bool {
	if a.replicas == replicas {
		return false
	}
	a.replicas, a.most, a.least = replicas, max(a.most, replicas), min(a.least, replicas)
	a.changes++
	return true
}

// A player is a policy and what became of it.
type player struct {
	Policy
	actor
	state     autoscale.State
	next      time.Time // when it decides
	decided   int
	why       []string // the steps of the last decision
	differs   int      // rounds
	differing int      // by how many replicas, in the last one
	spans     []Span
}

// A Failure is what could not be read.
type Failure struct {
	Of     string    `json:"of"` // what a trigger reads, or replicas
	Rounds int       `json:"rounds"`
	Last   time.Time `json:"last"`
	Error  string    `json:"error"` // the last one
}

// New returns a Shadow of policies that begin afresh, with no memory of what was before.
func New(policies ...Policy) *Shadow {
	s := &Shadow{failures: make(map[string]*Failure), readings: make(map[string]float64)}
	for _, p := range policies {
		s.policies = append(s.policies, &player{Policy: p})
	}
	return s
}

// Triggers are what has to be read, each once.
func (s *Shadow) Triggers() []Trigger {
	var all []Trigger
	for _, p := range s.policies {
		all = append(all, p.Triggers...)
	}
	slices.SortFunc(all, func(a, b Trigger) int { return strings.Compare(a.Reads, b.Reads) })
	return slices.CompactFunc(all, func(a, b Trigger) bool { return a.Reads == b.Reads })
}

// A Change is somebody's new number of replicas.
type Change struct {
	By       string // Actual, or the name of a Policy
	From, To int
	Why      []string // the steps of a policy's decision
}

// Actual is what a Change and a Report call who scales the workload in the cluster.
const Actual = "cluster"

// Observe takes what the cluster told at a time, later than those before, and lets the
// policies decide whose time it is. It returns what changed, and when the next round is
// due.
func (s *Shadow) Observe(now time.Time, o Observation) (changes []Change, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elapse(now)
	s.rounds++
	s.note(now, o)
	s.last, s.known = now, o.Err == nil
	if !s.known {
		s.unknown++
		return nil, s.due(now)
	}
	if s.rounds-s.unknown == 1 {
		s.start = now
		s.cluster.begin(o.Replicas)
		for _, p := range s.policies {
			p.begin(o.Replicas)
		}
	} else if from := s.cluster.replicas; s.cluster.become(o.Replicas) {
		changes = append(changes, Change{By: Actual, From: from, To: o.Replicas})
	}
	for _, p := range s.policies {
		if !now.Before(p.next) {
			if from := p.replicas; p.decide(now, o) {
				changes = append(changes, Change{By: p.Name, From: from, To: p.replicas, Why: p.why})
			}
		}
		p.compare(now, s.cluster.replicas)
	}
	if len(s.moments) == 0 || len(changes) > 0 {
		s.moments = append(s.moments, s.moment(now))
	}
	return changes, s.due(now)
}

// A Moment is when somebody's replicas changed: how many everybody had from then on.
type Moment struct {
	At       time.Time `json:"at"`
	Replicas []int     `json:"replicas"` // of the cluster, and of each policy
}

func (s *Shadow) moment(at time.Time) Moment {
	m := Moment{at.UTC(), []int{s.cluster.replicas}}
	for _, p := range s.policies {
		m.Replicas = append(m.Replicas, p.replicas)
	}
	return m
}

// elapse counts what there was since the last round.
func (s *Shadow) elapse(now time.Time) {
	if s.last.IsZero() {
		return
	}
	since := now.Sub(s.last)
	if !s.known {
		s.unseen += since
		return
	}
	s.cluster.seconds += float64(s.cluster.replicas) * since.Seconds()
	for _, p := range s.policies {
		p.seconds += float64(p.replicas) * since.Seconds()
	}
}

// note notes what could be read, and what not.
func (s *Shadow) note(now time.Time, o Observation) {
	failed := func(of string, err error) {
		if err == nil {
			return
		}
		if s.failures[of] == nil {
			s.failures[of] = &Failure{Of: of}
		}
		f := s.failures[of]
		f.Rounds, f.Last, f.Error = f.Rounds+1, now.UTC(), err.Error()
	}
	failed("replicas", o.Err)
	for metric, r := range o.Readings {
		failed(metric, r.Err)
		if r.Err == nil {
			s.readings[metric] = r.Value
		} else {
			delete(s.readings, metric)
		}
	}
}

// due is when the next policy decides. While the replicas are not known, none does.
func (s *Shadow) due(now time.Time) time.Time {
	var due time.Time
	for _, p := range s.policies {
		at := p.next
		if !at.After(now) {
			at = now.Add(p.Interval)
		}
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	return due
}

// decide decides, and says whether that changes the replicas.
func (p *player) decide(now time.Time, o Observation) bool {
	in := autoscale.Input{Now: now, Current: p.replicas, State: p.state}
	if p.goesByReplicas() {
		in.Current = o.Replicas
	}
	for _, t := range p.Triggers {
		r := o.Readings[t.Reads]
		in.Samples = append(in.Samples, autoscale.Sample{Trigger: t.Name, Metric: t.Metric, Reading: r.Reading, Err: r.Err})
	}
	d := p.Decider.Decide(in)
	p.state, p.why, p.next = d.State, why(d), now.Add(p.Interval)
	if d.Next > 0 && d.Next < p.Interval {
		p.next = now.Add(max(d.Next, time.Second))
	}
	p.decided++
	return p.become(d.Replicas)
}

// why is what a decision is explained with.
func why(d autoscale.Decision) []string {
	steps := make([]string, len(d.Steps))
	for i, s := range d.Steps {
		steps[i] = s.String()
	}
	return steps
}

// A Span is a time in which a policy had more replicas than the cluster, or fewer.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"` // when it was over, or the last round

	// Cluster and Policy are the replicas where they differed most, and Why is how the
	// policy came to its number then.
	Cluster int      `json:"cluster"`
	Policy  int      `json:"policy"`
	Why     []string `json:"why"`
}

// compare goes on with a Span, begins one or ends it.
func (p *player) compare(now time.Time, actual int) {
	differs := p.replicas - actual
	if p.differing != 0 {
		p.spans[len(p.spans)-1].To = now.UTC()
	}
	if differs != 0 && cmp.Compare(differs, 0) != cmp.Compare(p.differing, 0) {
		p.spans = append(p.spans, Span{From: now.UTC(), To: now.UTC()})
	}
	p.differing = differs
	if differs == 0 {
		return
	}
	p.differs++
	if s := &p.spans[len(p.spans)-1]; distance(p.replicas, actual) > distance(s.Policy, s.Cluster) {
		s.Policy, s.Cluster, s.Why = p.replicas, actual, p.why
	}
}

func distance(a, b int) int { return max(a-b, b-a) }
