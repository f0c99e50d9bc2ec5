package control_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A grenade panics wherever it is touched.
type grenade struct{}

func (grenade) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "grenade", Target: scalerkit.Target{Value: 1}}
}
func (grenade) Read(context.Context) (scalerkit.Reading, error)                  { panic("read") }
func (grenade) Watch(_ context.Context, _ func()) error                          { panic("watch") }
func (grenade) Close() error                                                     { panic("close") }
func (grenade) BatchKey() any                                                    { return grenade{} }
func (grenade) ReadBatch(context.Context, []scalerkit.Scaler) []scalerkit.Result { panic("batch") }

type panickyFleet struct{ fleet }

func (*panickyFleet) SetReplicas(context.Context, int) error { panic("set") }

type panickyPool struct{ fleet }

func (*panickyPool) Ready(context.Context) (int, error) { panic("ready") }

func TestAPanicIsAnErrorOfItsRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		b, f := &broker{level: 50}, &fleet{}
		r := &control.Runner{Logger: log.logger()}
		formula := workload(&fleet{}, newPeer(b, "b"))
		edit(&formula, func(p *autoscale.Policy) {
			p.Combine = &autoscale.Combine{Target: scalerkit.Target{Value: 1}, Func: func(map[string]float64) (float64, error) { panic("formula") }}
		})
		observed := workload(&fleet{replicas: 10}, newPeer(b, "c"))
		observed.Observe = func(control.Round) { panic("observe") }
		mustSet(t, r, named(0), workload(f, newPeer(b, "a")))
		mustSet(t, r, named(1), formula)
		mustSet(t, r, named(2), observed)
		mustSet(t, r, named(3), workload(&panickyFleet{}, newPeer(b, "d")))
		mustSet(t, r, named(4), workload(&panickyPool{}, newPeer(b, "e")))
		mustSet(t, r, named(5), workload(&fleet{}, grenade{}))
		start(t, r)
		pass(2 * time.Minute)
		<-r.Delete(named(5))

		f.set(func() { f.replicas = 3 })
		pass(time.Minute)
		if got := f.told(); !slices.Equal(got, []int{10, 7, 10}) {
			t.Errorf("told %v, want the other workloads' panics not to matter", got)
		}
		got := log.lines()
		slices.Sort(got)
		for i, line := range got {
			if got[i] = line; len(line) > 10 && line[6:10] == "INFO" {
				got[i] = ""
			}
		}
		got = slices.Compact(got)
		want := []string{
			"",
			`level=WARN msg="cannot close the scaler" error="panic: close"`,
			`level=WARN msg="cannot decide" namespace=shop name=worker-1 kind=panic error="panic: formula"`,
			`level=WARN msg="cannot get the ready replicas" namespace=shop name=worker-4 kind=panic error="panic: ready"`,
			`level=WARN msg="cannot observe the round" namespace=shop name=worker-2 kind=panic error="panic: observe"`,
			`level=WARN msg="cannot read the source" namespace=shop name=worker-5 trigger=grenade metric=grenade triggers=1 kind=panic error="panic: read"`,
			`level=WARN msg="cannot set the replicas" namespace=shop name=worker-3 kind=panic error="panic: set"`,
			`level=WARN msg="cannot watch the source" namespace=shop name=worker-5 trigger=grenade metric=grenade kind=panic error="panic: watch"`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("logged\n%s", got)
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Errorf("got  %s\nwant %s", got[i], want[i])
				}
			}
		}
	})
}

// A stacks is a log that keeps nothing but what failed, and the stack.
type stacks struct {
	mu   sync.Mutex
	text map[string]string
}

func (s *stacks) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(s, nil))
}

func (s *stacks) Write(line []byte) (int, error) {
	var record struct{ Msg, Stack string }
	if err := json.Unmarshal(line, &record); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.text == nil {
		s.text = make(map[string]string)
	}
	s.text[record.Msg] = record.Stack
	return len(line), nil
}

func TestTheLogTellsWhereAPanicWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log stacks
		r := &control.Runner{Logger: log.logger()}
		r.Exchanged = func(control.Exchange) { panic("exchanged") }
		mustSet(t, r, named(0), workload(&fleet{}, grenade{}))
		mustSet(t, r, named(1), workload(&fleet{getErr: errRefused}, newLone(&broker{}, "a")))
		mustSet(t, r, named(2), workload(&panickyFleet{}, newLone(&broker{level: 50}, "b")))
		start(t, r)
		pass(10 * time.Second)
		<-r.Delete(named(0))
		for doing, where := range map[string]string{
			"cannot read the source":      "control_test.grenade.Read(",
			"cannot watch the source":     "control_test.grenade.Watch(",
			"cannot close the scaler":     "control_test.grenade.Close(",
			"cannot set the replicas":     "control_test.(*panickyFleet).SetReplicas(",
			"cannot tell of the exchange": "control_test.TestTheLogTellsWhereAPanicWas.",
		} {
			if !strings.Contains(log.text[doing], where) {
				t.Errorf("%s: the stack does not have %s: %q", doing, where, log.text[doing])
			}
		}
		if stack := log.text["cannot get the replicas"]; stack != "" {
			t.Errorf("an error that is no panic has the stack %q", stack)
		}
	})
}
