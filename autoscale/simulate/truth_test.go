package simulate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A script is a source whose level goes by the time.
type script struct {
	begin  time.Time
	target scalerkit.Target
	level  func(time.Duration) float64 // less than 0: it cannot be read
}

func (s *script) Metric() scalerkit.Metric { return scalerkit.Metric{Name: "queue", Target: s.target} }
func (s *script) Close() error             { return nil }

func (s *script) Read(context.Context) (scalerkit.Reading, error) {
	v := s.level(time.Since(s.begin))
	if v < 0 {
		return scalerkit.Reading{}, errors.New("connection refused")
	}
	return scalerkit.Reading{Value: v}, nil
}

// A fleet has replicas that take some time to start.
type fleet struct {
	mu    sync.Mutex
	start time.Duration
	begin time.Time
	told  []change
	since []time.Time // of each replica
}

func (f *fleet) Replicas(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.since), nil
}

func (f *fleet) Ready(context.Context) (n int, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, since := range f.since {
		if time.Since(since) >= f.start {
			n++
		}
	}
	return n, nil
}

func (f *fleet) SetReplicas(_ context.Context, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.since) < n {
		f.since = append(f.since, time.Now())
	}
	f.since = f.since[:n]
	f.told = append(f.told, change{time.Since(f.begin), n})
	return nil
}

// A scenario that a real loop runs, in simulated time, comes out as it is simulated.
func TestALoopDoesWhatIsSimulated(t *testing.T) {
	const interval, length = 5 * time.Second, 25 * time.Minute
	until := func(end time.Duration, level, then float64) func(time.Duration) float64 {
		return func(at time.Duration) float64 {
			if at < end {
				return level
			}
			return then
		}
	}
	for _, tt := range []struct {
		name   string
		kind   scalerkit.TargetKind
		start  time.Duration
		level  func(time.Duration) float64
		policy func(*autoscale.Policy)
	}{
		{name: "burst", level: func(at time.Duration) float64 {
			if at < time.Minute || at > 10*time.Minute {
				return 0
			}
			return 400
		}},
		{name: "ramp", level: func(at time.Duration) float64 { return float64(at/time.Second) / 4 }},
		{name: "outage", level: func(at time.Duration) float64 {
			if 3*time.Minute < at && at < 9*time.Minute {
				return -1
			}
			return until(3*time.Minute, 100, 0)(at)
		}},
		{name: "fallback", policy: func(p *autoscale.Policy) { p.Fallback = &autoscale.Fallback{Failures: 3, Replicas: 7} }, level: func(at time.Duration) float64 {
			if 3*time.Minute < at && at < 9*time.Minute {
				return -1
			}
			return until(3*time.Minute, 100, 0)(at)
		}},
		{name: "slow start", kind: scalerkit.Total, start: 40 * time.Second, level: until(5*time.Minute, 8, 3)},
		{name: "cooldown", level: until(2*time.Minute, 50, 0), policy: func(p *autoscale.Policy) { p.Cooldown = 7 * time.Minute }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policyOf(0, 60)
			if tt.policy != nil {
				tt.policy(&p)
			}
			target := scalerkit.Target{Kind: tt.kind, Value: 5}
			real := &fleet{start: tt.start}
			var first time.Duration
			synctest.Test(t, func(t *testing.T) {
				real.begin = time.Now()
				loop := control.Loop{
					Policy: p, Workload: real, Interval: interval, MaxBackoff: interval,
					Triggers: []control.Trigger{{Scaler: &script{real.begin, target, tt.level}}},
				}
				once := sync.OnceFunc(func() { first = time.Since(real.begin) })
				loop.Observe = func(control.Round) { once() }
				ctx, end := context.WithTimeout(t.Context(), length)
				defer end()
				assert.NoError(t, loop.Run(ctx))
			})

			s := simulate.Scenario{
				Length: length, Interval: interval, MaxBackoff: interval, Phase: first, Workers: simulate.Workers{Rate: 1, Start: tt.start},
				Sources: []simulate.Source{{Target: target}},
			}
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			var down *simulate.Window
			for at := time.Duration(0); at < length; at += time.Second {
				switch failing := tt.level(at) < 0; {
				case failing && down == nil:
					down = &simulate.Window{From: at}
				case !failing && down != nil && down.To == 0:
					down.To = at
				}
			}
			if down != nil {
				s.Sources[0].Outages = []simulate.Window{*down}
			}
			s.Sources[0].Measure = func(q simulate.Queue) scalerkit.Reading {
				return scalerkit.Reading{Value: max(tt.level(q.Now.Sub(begin)), 0)}
			}
			got := changes(run(t, p, s))
			require.Len(t, got, len(real.told), "simulated %v\nreal %v", got, real.told)
			require.NotEmpty(t, got)
			for i, c := range real.told {
				require.Equal(t, c.Replicas, got[i].Replicas, "simulated %v\nreal %v", got, real.told)
				require.InDelta(t, c.At, got[i].At, float64(interval), "simulated %v\nreal %v", got, real.told)
			}
		})
	}
}
