package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A recording tells how many messages there were, and not how many arrived. What
// arrived between two rounds is by how much the queue grew, and what replicas worked
// off meanwhile. While messages wait, that is all that they can. While none does it is
// anything up to that, unless those that are being worked on are known.

// What makes a drain that tells the service rate: so many messages within such a time
// that chance does not make much of the difference.
const (
	drainMessages = 200
	drainWithin   = 10 * time.Minute
)

// gapSteps is how many usual times between two rounds make a gap.
const gapSteps = 10

// tooWide is how many times the least that may have arrived the most may be, so that
// something in between is an estimate.
const tooWide = 1.25

// mostSteps bounds what is kept in memory: half a year of seconds.
const mostSteps = 16_000_000

// A span is the time between two rounds that follow each other.
type span struct{ from, to level }

func (r *recording) spans() []span {
	var spans []span
	for i := range r.levels[1:] {
		spans = append(spans, span{r.levels[i], r.levels[i+1]})
	}
	return spans
}

func (s span) seconds() float64 { return s.to.at.Sub(s.from.at).Seconds() }

// waits says that messages waited at both ends.
func (r *recording) waits(s span) bool {
	if r.inFlight {
		return s.from.messages > s.from.replicas && s.to.messages > s.to.replicas
	}
	return s.from.messages > 0 && s.to.messages > 0
}

// usual is the median time between two rounds, in whole seconds.
func (r *recording) usual() time.Duration {
	var all []time.Duration
	for _, s := range r.spans() {
		all = append(all, s.to.at.Sub(s.from.at))
	}
	slices.Sort(all)
	return max(all[len(all)/2].Round(time.Second), time.Second)
}

// A drain is a time in which the queue became shorter while messages waited.
type drain struct {
	rate     float64 // messages that each replica has worked off in a second, at least
	messages float64
	lasted   time.Duration
}

// fastest returns the fastest drain. What arrived meanwhile was worked off as well, so
// its rate is the least that the service rate can be; of the replicas at the ends of a
// span, the more numerous count.
func (r *recording) fastest() (best drain, ok bool) {
	spans := r.spans()
	for i, first := range spans {
		capacity := 0.0 // in replica-seconds
		for _, s := range spans[i:] {
			lasted := s.to.at.Sub(first.from.at)
			if !r.waits(s) || lasted > drainWithin {
				break
			}
			capacity += max(s.from.replicas, s.to.replicas) * s.seconds()
			messages := first.from.messages - s.to.messages
			if messages < drainMessages || capacity == 0 {
				continue
			}
			if rate := messages / capacity; rate > best.rate {
				best, ok = drain{rate, messages, lasted}, true
			}
			break
		}
	}
	return best, ok
}

// arrived is how many messages arrived in a span, where replicas work for a part of
// their time while nothing waits.
func (r *recording) arrived(s span, rate, busy float64) float64 {
	replicas := (s.from.replicas + s.to.replicas) / 2
	served := rate * replicas * s.seconds()
	switch {
	case r.waits(s):
	case r.inFlight:
		served = rate * min(replicas, (s.from.messages+s.to.messages)/2) * s.seconds()
	default:
		served *= busy
	}
	return max(0, s.to.messages-s.from.messages+served)
}

// series returns what arrived, in steps of the usual time between rounds. What waited
// at the begin arrives in the first one.
func (r *recording) series(rate, busy float64, gaps simulate.Gaps) (simulate.Series, error) {
	spans, start := r.spans(), r.levels[0].at
	series := simulate.Series{Start: start, Step: r.usual()}
	length := r.levels[len(r.levels)-1].at.Sub(start)
	steps := (length + series.Step - 1) / series.Step
	if steps > mostSteps {
		return series, fmt.Errorf("it lasts %v, which is more than %d steps of %v", length, mostSteps, series.Step)
	}
	series.Messages = make([]float64, steps)
	series.Messages[0] = r.levels[0].messages
	perSecond := 0.0
	for _, s := range spans {
		if gap := s.to.at.Sub(s.from.at); gap <= gapSteps*series.Step {
			perSecond = r.arrived(s, rate, busy) / s.seconds()
		} else if gaps == simulate.RefuseGaps {
			return series, fmt.Errorf("there is no reading for %v after %s, and usually there is one every %v: fill the gap with -gaps %s or %s",
				gap, s.from.at.Format(time.RFC3339), series.Step, simulate.FillZero, simulate.FillRepeat)
		} else if gaps == simulate.FillZero {
			perSecond = 0
		}
		from, to := s.from.at.Sub(start), s.to.at.Sub(start)
		for i := int(from / series.Step); i < len(series.Messages) && time.Duration(i)*series.Step < to; i++ {
			begin, end := time.Duration(i)*series.Step, time.Duration(i+1)*series.Step
			series.Messages[i] += perSecond * (min(end, to) - max(begin, from)).Seconds()
		}
	}
	return series, nil
}

// estimate returns what arrived, and how sure that is. Without -rate, it sets that one.
func (r *recording) estimate(cfg *config) (simulate.Series, []string, error) {
	var notes []string
	fastest, ok := r.fastest()
	// Messages that take times of an exponential distribution come in a number whose
	// variance is that number; two standard deviations are told.
	seen := fmt.Sprintf("%.3g a second for each replica, seen while the queue became shorter by %.0f messages in %v, and give or take %.0f %% by chance",
		fastest.rate, fastest.messages, fastest.lasted, 200/math.Sqrt(fastest.messages))
	switch {
	case !cfg.given["rate"] && !ok:
		return simulate.Series{}, nil, fmt.Errorf("it does not tell how fast replicas work: "+
			"never did a queue in which messages waited become shorter by %d within %v; -rate says it", drainMessages, drainWithin)
	case !cfg.given["rate"]:
		cfg.workers.Rate = fastest.rate
		cfg.estimated("rate", fmt.Sprintf("%.3g", fastest.rate))
		notes = append(notes, "The service rate is an estimate: "+seen+". It is more if messages arrived meanwhile; -rate says it.")
	case ok && fastest.rate > 1.2*cfg.workers.Rate:
		notes = append(notes, "Replicas were faster than -rate: at least "+seen+".")
	}
	gaps := simulate.Gaps(cfg.gaps)
	least, err := r.series(cfg.workers.Rate, 0, gaps)
	if err != nil {
		return least, nil, err
	}
	if r.inFlight {
		return least, append(notes, "What arrived is an estimate, from what waited or was worked on, and as sure as the service rate."), nil
	}
	most, err := r.series(cfg.workers.Rate, 1, gaps)
	if err != nil {
		return most, nil, err
	}
	between := fmt.Sprintf("at least %.0f messages, if replicas did nothing while nothing waited, and at most %.0f, if they worked all the time", total(least), total(most))
	if !cfg.given["busy"] && total(most) > tooWide*total(least) {
		return least, nil, fmt.Errorf("it has only what waited, which does not tell what arrived: %s; -busy says for which part of that time they worked", between)
	}
	series, err := r.series(cfg.workers.Rate, cfg.busy, gaps)
	note := fmt.Sprintf("What arrived is an estimate, from what waited and how fast replicas work: %s; -busy %v is taken.", between, cfg.busy)
	return series, append(notes, note), err
}

func total(s simulate.Series) float64 {
	sum := 0.0
	for _, n := range s.Messages {
		sum += n
	}
	return sum
}
