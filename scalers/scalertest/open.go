package scalertest

import (
	"reflect"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

func openDoesNoIO(e *env) {
	e.network.refuse()
	s := e.open(e.Spec)
	s.Metric()
	if b, ok := s.(scalerkit.Batcher); ok {
		b.BatchKey()
	}
	if n := e.network.dialled(); n > 0 {
		e.Errorf("Open, Metric and BatchKey dialled %d times", n)
	}
}

// zeroOptionsWillDo opens with as few Options as there can be: what is nil has
// to be done without.
func zeroOptionsWillDo(e *env) {
	e.set(e.Trigger, e.highest())
	e.awaitAnswer(e.openWith(e.Spec, scalerkit.Options{}), e.highest())
	if e.NoNetwork {
		return
	}

	options := scalerkit.Options{Dial: e.network.dial}
	var scalers []scalerkit.Scaler
	for range 2 {
		s := e.openWith(e.Spec, options)
		before := e.network.dialled()
		e.awaitAnswer(s, e.highest())
		if e.network.dialled() == before {
			e.Error("without a Pool, scalers share connections all the same")
		}
		scalers = append(scalers, s)
	}
	for _, s := range scalers {
		e.close(s)
	}
	e.wantNoConnections()
}

func metricIsConstant(e *env) {
	s := e.open(e.Spec)
	first := s.Metric()
	if again := e.open(e.Spec).Metric(); again != first {
		e.Errorf("the metric was %+v and is %+v if the same trigger is opened again", first, again)
	}
	e.set(e.Trigger, e.highest())
	e.await(s, e.highest())
	if now := s.Metric(); now != first {
		e.Errorf("the metric was %+v and is now %+v", first, now)
	}
	b, ok := s.(scalerkit.Batcher)
	if !ok {
		return
	}
	if !reflect.TypeOf(b.BatchKey()).Comparable() {
		e.Fatalf("BatchKey returns a %T, which cannot be compared", b.BatchKey())
	}
	if b.BatchKey() != b.BatchKey() {
		e.Error("BatchKey answers another key each time")
	}
}

func metricIsAsConfigured(e *env) {
	m := e.open(e.Spec).Metric()
	if m.Name == "" || m.Name != driver.MetricName(m.Name) {
		e.Errorf("the metric's name %q does not fit into a URL: see driver.MetricName", m.Name)
	}
	for _, kind := range []scalerkit.TargetKind{scalerkit.PerReplica, scalerkit.Total} {
		spec := e.Spec
		spec.MetricType = kind
		if got := e.open(spec).Metric().Target.Kind; got != kind {
			e.Errorf("the target kind is %q, the trigger says %q", got, kind)
		}
	}
	if e.TargetKey == "" {
		return
	}
	if got := e.open(e.override(e.TargetKey, "3")).Metric().Target.Value; got != 3 {
		e.Errorf("the target is %v, %s says 3", got, e.TargetKey)
	}
	for _, bad := range []string{"0", "-1"} {
		s, err := e.try(e.override(e.TargetKey, bad), e.options)
		if err != nil {
			continue
		}
		if got := s.Metric().Target.Value; !(got > 0) {
			e.Errorf("the target is %v: %s should be refused", got, e.TargetKey)
		}
		e.close(s)
	}
}
