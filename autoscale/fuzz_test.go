package autoscale_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// FuzzDecide feeds policies and inputs that are anything but valid.
func FuzzDecide(f *testing.F) {
	f.Add(0, 100, 0, 0, 3, 10.0, 5.0, 0.1, int64(0), uint8(0), []byte(`{}`))
	f.Add(5, 3, 9, -1, -5, math.NaN(), 0.0, math.NaN(), int64(math.MinInt64), uint8(0xff), []byte(`{"failures":{"a":9223372036854775807}}`))
	f.Add(math.MinInt, math.MaxInt, math.MaxInt, math.MaxInt, math.MaxInt, math.MaxFloat64, 1e-300, math.Inf(1), int64(math.MaxInt64), uint8(0x2a), []byte(
		`{"since":"2026-01-01T11:00:00Z","scaleUps":[{"change":-9223372036854775808,"time":"2026-01-01T12:00:00Z"}],`+
			`"recommendations":[{"replicas":9223372036854775807,"time":"9999-01-01T12:00:00Z"}]}`))
	f.Add(0, 10, 0, 4, 9, 10.0, 5.0, 0.1, int64(60e9), uint8(0x10), []byte(
		`{"since":"0001-01-02T00:00:00Z","lastInactive":"2026-01-01T11:59:00Z","unsure":true,"unknown":9223372036854775807,`+
			`"lastGood":{"a":{"value":5,"target":-1,"limit":-9223372036854775808,"even":true,"time":"2026-01-01T11:59:00Z"}}}`))
	f.Add(0, 10, 0, 6, 9, 10.0, 5.0, 0.1, int64(60e9), uint8(0x54), []byte(
		`{"since":"2026-01-01T11:00:00Z","unknown":-9223372036854775808,"lastGood":{"a":{"value":5,"limit":9223372036854775807,"even":true,"time":"2026-01-01T11:59:59Z"}}}`))
	f.Fuzz(func(t *testing.T, low, high, idle, limit, current int, value, target, tolerance float64, nanos int64, bits uint8, text []byte) {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		p := autoscale.Policy{
			Min: low, Max: high, Tolerance: tolerance,
			Cooldown: time.Duration(nanos), InitialCooldown: time.Duration(-nanos), Gradual: bit(0),
		}
		b := autoscale.Behavior{
			Window: ptr(time.Duration(nanos)),
			Limits: []autoscale.Limit{
				{Kind: autoscale.Percent, Value: limit, Period: time.Duration(nanos)},
				{Kind: autoscale.Pods, Value: limit, Period: time.Minute},
			},
		}
		if bit(1) {
			p.Idle = &idle
		}
		if bit(2) {
			b.Select = autoscale.Min
		}
		if bit(3) {
			p.Up, p.Down = b, b
		}
		if bit(4) {
			p.Fallback = &autoscale.Fallback{Replicas: idle, Failures: limit}
			p.OnError = map[string]autoscale.OnError{"a": {Action: autoscale.LastKnownGood, MaxAge: time.Duration(nanos)}}
		}
		if bit(5) {
			p.Combine = &autoscale.Combine{Func: constant(value), Target: scalerkit.Target{Value: target}}
		}
		a, b2 := queue("a", value, target), total("b", target, value)
		a.Reading.Limit, a.Reading.Even, b2.Reading.Target = limit, bit(2), tolerance
		if bit(6) {
			a.Err = errors.New("down")
		}
		in := autoscale.Input{Now: noon, Current: current, Samples: []autoscale.Sample{a, b2}}
		if bit(7) {
			in.Ready = &limit
		}
		if json.Unmarshal(text, &in.State) != nil {
			return
		}

		bound := min(max(high, 1), math.MaxInt32)
		for range 3 {
			d := p.Decide(in)
			require.GreaterOrEqual(t, d.Replicas, 0, "%v", d)
			require.LessOrEqual(t, d.Replicas, bound, "%v", d)
			checkChain(t, in.Current, d)
			require.Equal(t, d, p.Decide(in))

			text, err := json.Marshal(d.State)
			require.NoError(t, err)
			in.State = autoscale.State{}
			require.NoError(t, json.Unmarshal(text, &in.State))
			in.Current, in.Now = d.Replicas, in.Now.Add(time.Minute)
		}
	})
}
