package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
)

// Defaults of a [Scenario].
const (
	DefaultName       = "queue"
	DefaultTick       = time.Second
	DefaultInterval   = 30 * time.Second // KEDA's pollingInterval
	DefaultSync       = 15 * time.Second // the HPA controller's --horizontal-pod-autoscaler-sync-period
	DefaultMaxBackoff = time.Minute      // that of a control.Loop
)

// A Scenario is the world that is scaled. Times within it count from its begin.
type Scenario struct {
	// Length is how long it lasts: greater than zero.
	Length time.Duration

	// Sources are the queues, each with its trigger: at least one.
	Sources []Source

	// Workers are what takes messages from the queues.
	Workers Workers

	// Replicas is how many there are at the begin, all ready: at least 0.
	Replicas int

	// Interval is the time from one poll to the next, and Phase when the first
	// one is. An Interval of 0 means [DefaultInterval].
	Interval, Phase time.Duration

	// Sync is the time from one look of the HPA to the next, where there is an
	// HPA, and SyncPhase when it first looks. A Sync of 0 means [DefaultSync].
	Sync, SyncPhase time.Duration

	// MaxBackoff is how long a source that fails is left alone at most, unless
	// Interval is longer: at first for about an Interval, then for twice as long
	// each time, as a control.Loop does. KEDA tries again in each poll. 0 means
	// [DefaultMaxBackoff].
	MaxBackoff time.Duration

	// Tick is the resolution; 0 means [DefaultTick]. Interval and Sync are at
	// least as long. What is due between two ticks happens at the second one.
	Tick time.Duration

	// Start is the time of the begin, for policies that see the time of day. The
	// zero value is some midnight.
	Start time.Time

	// Seed is what all chance comes from.
	Seed uint64
}

// A Source is a queue and the trigger that reads it.
type Source struct {
	// Name is the trigger's, unique in the Scenario. Empty means [DefaultName].
	Name string

	// Load says what arrives; nil is nothing.
	Load Load

	// Target and Activation are the trigger's; see [scalerkit.Metric].
	Target     scalerkit.Target
	Activation float64

	// InFlight says that a reading includes the messages that are being worked
	// on, and not only those that wait.
	InFlight bool

	// Limit and Even are part of every reading; see [scalerkit.Reading].
	Limit int
	Even  bool

	// Measure, if set, makes the reading of the state of the queue, in place of
	// its length: an age, or a rate. It goes by nothing but its argument.
	Measure func(Queue) scalerkit.Reading

	// Rate, if greater than zero, takes the place of Workers.Rate for the messages
	// of this source.
	Rate float64

	// Delay is how old a reading is when it is taken: at least 0. What the source
	// tells is what was true so long ago, to a tick.
	Delay time.Duration

	// Outages are when the source cannot be read, and Frozen when it goes on
	// telling what was true at their begin.
	Outages, Frozen []Window
}

// A Queue is the state of a source at one time, for Source.Measure.
type Queue struct {
	Now       time.Time
	Waiting   int64         // messages
	InFlight  int64         // messages that are being worked on
	PerSecond float64       // messages that arrived, on average over the last minute
	Oldest    time.Duration // for how long the first message of all sources has waited

	Replicas int // that there should be
	Ready    int // replicas that are ready
	Busy     int // replicas that work, on whatever source's messages
}

// A Window is a time from its begin up to its end.
type Window struct{ From, To time.Duration }

// Workers are replicas, or jobs, that take messages.
type Workers struct {
	// Rate is how many messages one replica works through in a second: greater
	// than zero. Spread is how much the time for one message varies: its standard
	// deviation as a part of its mean, where 0 is none and 1 that of an exponential
	// distribution. The distribution is a gamma distribution.
	Rate, Spread float64

	// Start is how long it takes until a new replica is ready, and StartSpread how
	// much that varies, as Spread does. Stop is how long a replica that is no
	// longer wanted is still there, and paid for.
	Start       time.Duration
	StartSpread float64
	Stop        time.Duration

	// FailingStarts is the part of the starts that fail: 0 to less than 1. Each
	// is tried again as the kubelet does, after 10 seconds and after twice as long
	// each time, up to 5 minutes.
	FailingStarts float64

	// PerJob is how many messages a job takes, one after the other, before it ends:
	// for RunJobs only; 0 means 1.
	PerJob int
}

// defaults returns s with what is not set.
func (s Scenario) defaults() Scenario {
	if s.Tick == 0 {
		s.Tick = DefaultTick
	}
	if s.Interval == 0 {
		s.Interval = DefaultInterval
	}
	if s.Sync == 0 {
		s.Sync = DefaultSync
	}
	if s.MaxBackoff == 0 {
		s.MaxBackoff = DefaultMaxBackoff
	}
	if s.Start.IsZero() {
		s.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if s.Workers.PerJob == 0 {
		s.Workers.PerJob = 1
	}
	s.Sources = slices.Clone(s.Sources)
	for i := range s.Sources {
		s.Sources[i].Name = cmp.Or(s.Sources[i].Name, DefaultName)
	}
	return s
}

// maxTicks bounds what a simulation keeps in memory: half a year of seconds.
const maxTicks = 16_000_000

// Validate returns everything that is wrong with s, one problem on a line.
func (s Scenario) Validate() error {
	s = s.defaults()
	var v problems
	v.positive("Length", s.Length)
	v.positive("Tick", s.Tick)
	if s.Tick > 0 && s.Length/s.Tick > maxTicks {
		v.addf("Length: %v is more than %d ticks of %v; with a longer Tick it can be simulated", s.Length, maxTicks, s.Tick)
	}
	if len(s.Sources) == 0 {
		v.addf("Sources: there is none")
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"Interval", s.Interval}, {"Sync", s.Sync}} {
		if d.value < s.Tick {
			v.addf("%s: %v is less than a Tick: %v", d.field, d.value, s.Tick)
		}
	}
	v.notNegative("Phase", s.Phase)
	v.notNegative("SyncPhase", s.SyncPhase)
	v.notNegative("MaxBackoff", s.MaxBackoff)
	v.count("Replicas", s.Replicas)
	v.workers(s.Workers)
	names := make(map[string]bool)
	for i, src := range s.Sources {
		name := fmt.Sprintf("Sources[%d]", i)
		if names[src.Name] {
			v.addf("%s.Name: %q is that of another source", name, src.Name)
		}
		names[src.Name] = true
		v.source(name, src)
	}
	return errors.Join(v...)
}

// problems collects what is wrong. Each names the field and its value.
type problems []error

func (v *problems) addf(format string, args ...any) {
	*v = append(*v, fmt.Errorf(format, args...))
}

func (v *problems) positive(field string, d time.Duration) {
	if d <= 0 {
		v.addf("%s: %v is not greater than 0", field, d)
	}
}

func (v *problems) notNegative(field string, d time.Duration) {
	if d < 0 {
		v.addf("%s: %v is less than 0", field, d)
	}
}

func (v *problems) count(field string, n int) {
	if n < 0 || n > most {
		v.addf("%s: %d is not within 0 and %d", field, n, most)
	}
}

// within says that a number is outside of its range, or none.
func (v *problems) within(field string, f, least, most float64) {
	if !(f >= least && f <= most) {
		v.addf("%s: %v is not within %v and %v", field, f, least, most)
	}
}

// The range of a rate, so that a message takes from a nanosecond to some years.
const minRate, maxRate = 1e-8, 1e9

const (
	maxSpread = 10
	longest   = 365 * 24 * time.Hour // that a replica may take to start or to stop
)

func (v *problems) workers(w Workers) {
	v.within("Workers.Rate", w.Rate, minRate, maxRate)
	v.within("Workers.Spread", w.Spread, 0, maxSpread)
	v.within("Workers.StartSpread", w.StartSpread, 0, maxSpread)
	v.within("Workers.FailingStarts", w.FailingStarts, 0, 0.99)
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"Workers.Start", w.Start}, {"Workers.Stop", w.Stop}} {
		if d.value < 0 || d.value > longest {
			v.addf("%s: %v is not within 0s and %v", d.field, d.value, longest)
		}
	}
	if w.PerJob < 1 {
		v.addf("Workers.PerJob: %d is less than 1", w.PerJob)
	}
}

func (v *problems) source(name string, s Source) {
	switch s.Target.Kind {
	case "", scalerkit.PerReplica, scalerkit.Total:
	default:
		v.addf("%s.Target.Kind: %q is not %s or %s", name, s.Target.Kind, scalerkit.PerReplica, scalerkit.Total)
	}
	v.within(name+".Target.Value", s.Target.Value, 0.001, math.MaxFloat64)
	if s.Rate != 0 {
		v.within(name+".Rate", s.Rate, minRate, maxRate)
	}
	v.count(name+".Limit", s.Limit)
	v.notNegative(name+".Delay", s.Delay)
	for _, list := range []struct {
		field   string
		windows []Window
	}{{"Outages", s.Outages}, {"Frozen", s.Frozen}} {
		for i, w := range list.windows {
			if w.From < 0 || w.To <= w.From {
				v.addf("%s.%s[%d]: from %v to %v is no time", name, list.field, i, w.From, w.To)
			}
		}
	}
}
