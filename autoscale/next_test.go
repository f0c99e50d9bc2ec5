package autoscale_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

func TestNextIsWhenTheLimitsAllowMore(t *testing.T) {
	pods := func(n int, period time.Duration) autoscale.Limit {
		return autoscale.Limit{Kind: autoscale.Pods, Value: n, Period: period}
	}
	limits := func(choose autoscale.Select, limits ...autoscale.Limit) func(*autoscale.Policy) {
		return func(p *autoscale.Policy) { p.Up.Select, p.Up.Limits = choose, limits }
	}
	// up is the state after going up by so many, so long ago.
	up := func(by int, ago time.Duration) autoscale.State {
		s := seen(time.Minute)
		s.ScaleUps = []autoscale.ScaleEvent{{Change: by, Time: noon.Add(-ago)}}
		return s
	}
	tests := []struct {
		name    string
		policy  func(*autoscale.Policy)
		current int
		state   autoscale.State
		value   float64 // at 5 for each replica
		n       int
		next    time.Duration
	}{
		{name: "what is called for is there", current: 10, value: 90, n: 18},
		{name: "from zero nothing limits", value: 500, n: 100},
		{name: "the change is as old as its period", current: 10, value: 500, n: 20, next: 15 * time.Second},
		{name: "the change before it is", current: 10, state: up(5, 10*time.Second), value: 500, n: 10, next: 5 * time.Second},
		{name: "the maximum holds back", policy: func(p *autoscale.Policy) { p.Max = 20 }, current: 10, value: 500, n: 20},
		{name: "the window holds back", policy: func(p *autoscale.Policy) { p.Up.Window = ptr(time.Minute) }, current: 10, state: recommended(seen(time.Minute), 10, 30*time.Second), value: 500, n: 10},
		{name: "a pause holds back", policy: func(p *autoscale.Policy) { p.Pause.Out = true }, current: 10, value: 500, n: 10},
		{name: "the direction is disabled", policy: limits(autoscale.Disabled), current: 10, value: 500, n: 10},
		{name: "an HPA does the rest", policy: func(p *autoscale.Policy) { p.Delegate = true }, current: 10, value: 500, n: 10},
		{name: "of two limits one is enough", policy: limits("", pods(10, time.Minute), pods(4, 20*time.Second)), current: 10, value: 500, n: 20, next: 20 * time.Second},
		{name: "which may come to allow more by and by", policy: limits("", pods(10, time.Minute), pods(4, 20*time.Second)), current: 10, state: up(4, 10*time.Second), value: 500, n: 16, next: 20 * time.Second},
		{name: "or does so later than the other", policy: limits("", pods(10, time.Minute), pods(4, 20*time.Second)), current: 10, state: up(4, 50*time.Second), value: 500, n: 16, next: 10 * time.Second},
		{name: "of two limits both count", policy: limits(autoscale.Min, pods(4, 20*time.Second), pods(4, time.Minute)), current: 10, value: 500, n: 14, next: time.Minute},
		{name: "going down has limits that wait for the window anyway", policy: func(p *autoscale.Policy) {
			p.Down = onePodPerMinute()
			p.Down.Window = ptr(time.Duration(0))
		}, current: 10, value: 5, n: 9},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := policy(test.policy)
			require.NoError(t, p.Validate())
			in := autoscale.Input{Now: noon, Current: test.current, State: test.state, Samples: []autoscale.Sample{queue("orders", test.value, 5)}}
			d := p.Decide(in)
			assert.Equal(t, test.n, d.Replicas, "%v", d)
			assert.Equal(t, test.next, d.Next, "%v", d)
			if d.Next == 0 {
				return
			}
			in.Current, in.State = d.Replicas, d.State
			in.Now = noon.Add(d.Next - 1)
			early := p.Decide(in)
			assert.Equal(t, d.Replicas, early.Replicas, "%v", early)
			assert.Equal(t, time.Duration(1), early.Next, "%v", early)
			in.Now = noon.Add(d.Next)
			assert.Greater(t, p.Decide(in).Replicas, d.Replicas)
		})
	}
}
