package differential_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

func (w world) sequence() sequence {
	s := sequence{
		Tolerance: pick(w, 0.1, 0.1, 0, asTheHPA(fmt.Sprintf("%dm", w.IntN(500)))),
		Up:        w.rules(), Down: w.rules(),
		PauseIn: w.chance(5), PauseOut: w.chance(5),
	}
	l := look{Max: 1 + w.IntN(60)}
	l.Min = pick(w, 0, 1, w.IntN(l.Max+1))
	l.Replicas = 1 + w.IntN(l.Max)
	l.Metrics = w.metrics(l.Max)
	unready := w.chance(20)
	for range 10 + w.IntN(30) {
		s.Looks = append(s.Looks, l)
		l = w.next(l, unready)
	}
	return s
}

// next is what becomes of a workload until the next look.
func (w world) next(l look, unready bool) look {
	l.After = pick(w, 15*time.Second, 15*time.Second, 15*time.Second, w.seconds(60), w.seconds(60),
		time.Duration(w.Int64N(int64(time.Minute))), w.seconds(900))
	l.Replicas, l.Unready = 0, 0
	if w.chance(3) {
		l.Replicas = 1 + w.IntN(80)
	}
	if w.chance(3) {
		l.Max = 1 + w.IntN(60)
		l.Min = min(l.Min, l.Max)
	}
	if w.chance(3) {
		l.Min = w.IntN(l.Max + 1)
	}
	if unready {
		l.Unready = w.IntN(6) - 2
	}
	l.Refuses = w.chance(5)
	if w.chance(3) {
		l.Metrics = w.metrics(l.Max)
	} else {
		l.Metrics = w.later(l.Metrics, l.Max)
	}
	return l
}

// seconds is mostly a multiple of five, so that windows and periods end at a
// look and not only between two.
func (w world) seconds(most int) time.Duration {
	if w.chance(80) {
		return time.Duration(5*(1+w.IntN(most/5))) * time.Second
	}
	return time.Duration(1+w.IntN(most)) * time.Second
}

func (w world) rules() rules {
	r := rules{Window: pick(w, -1, 0, 0, 15, 30, 60, 5*w.IntN(61), w.IntN(3601))}
	r.Select = pick(w, "", "", autoscale.Max, autoscale.Min, autoscale.Min, autoscale.Disabled)
	for range w.IntN(4) {
		r.Limits = append(r.Limits, autoscale.Limit{
			Kind:   pick(w, autoscale.Pods, autoscale.Percent),
			Value:  pick(w, 1, 1+w.IntN(10), 1+w.IntN(100), 1+w.IntN(100), 1+w.IntN(1000)),
			Period: pick(w, 15*time.Second, time.Minute, w.seconds(300), w.seconds(1800)),
		})
	}
	if w.chance(30) {
		r.Tolerance = pick(w, "0", "0.1", "50m", "70m", "0.25", "1")
	}
	return r
}

func (w world) metrics(most int) []metric {
	metrics := make([]metric, pick(w, 1, 1, 2, 3))
	for i := range metrics {
		m := metric{Kind: pick(w, scalerkit.PerReplica, scalerkit.PerReplica, scalerkit.Total)}
		m.Target = pick(w, 10, float64(1+w.IntN(20)), float64(1+w.IntN(2000))/100)
		metrics[i] = m
	}
	return w.later(metrics, most)
}

// later is what the metrics read the next time: about as much, or something
// else altogether, that calls for hardly more replicas than there may be.
func (w world) later(metrics []metric, most int) []metric {
	next := make([]metric, len(metrics))
	for i, m := range metrics {
		replicas := float64(w.IntN(most + most/5 + 2))
		if m.Kind == scalerkit.Total {
			replicas = pick(w, w.Float64(), 1, 2*w.Float64(), 4*w.Float64())
		}
		switch w.IntN(4) {
		case 0:
			m.Value = m.Target * replicas
		case 1:
			m.Value = m.Target * replicas * pick(w, 0.9, 1.1, w.Float64())
		case 2:
			m.Value *= pick(w, 0.9, 1.1, 0.5+w.Float64())
		}
		m.Fails = w.chance(4)
		next[i] = m
	}
	return next
}

func TestGeneratedSequences(t *testing.T) {
	const generated, promised = 3000, 1000
	counts := map[string]int{}
	rules := map[autoscale.Rule]int{}
	looks := 0
	for n := range generated {
		decisions, difference := worldOf(n).sequence().compare(t)
		counts[difference]++
		looks += len(decisions)
		for _, d := range decisions {
			rules[d.Steps[len(d.Steps)-1].Rule]++
		}
	}
	t.Logf("seed %d: sequences by difference: %v; %d looks at which the counts are the same, by the last rule: %v",
		*seed, counts, looks, rules)
	require.GreaterOrEqual(t, counts[none], promised)
	require.Positive(t, counts[direction])
	require.Positive(t, counts[pausedOutside])
	require.Positive(t, counts[surge])
	require.Positive(t, counts[held])
	for _, rule := range []autoscale.Rule{
		autoscale.RuleMetric, autoscale.RuleTolerance, autoscale.RuleHold,
		autoscale.RuleScaleUpStabilized, autoscale.RuleScaleDownStabilized,
		autoscale.RuleScaleUpLimit, autoscale.RuleScaleDownLimit,
		autoscale.RuleTooManyReplicas, autoscale.RuleTooFewReplicas,
	} {
		require.GreaterOrEqual(t, rules[rule], 100, rule)
	}
}
