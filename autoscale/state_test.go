package autoscale_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

func TestStateIsPlainJSON(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{"orders": {Action: autoscale.LastKnownGood, MaxAge: time.Minute}}
	})
	d := p.Decide(autoscale.Input{
		Now: noon, Current: 10, State: seen(time.Minute),
		Samples: []autoscale.Sample{orders(90), broken("mails")},
	})
	text, err := json.MarshalIndent(d.State, "", "  ")
	require.NoError(t, err)
	assert.Equal(t, `{
  "since": "2026-01-01T11:00:00Z",
  "lastActive": "2026-01-01T12:00:00Z",
  "recommendations": [
    {
      "replicas": 18,
      "time": "2026-01-01T12:00:00Z"
    }
  ],
  "scaleUps": [
    {
      "change": 8,
      "time": "2026-01-01T12:00:00Z"
    }
  ],
  "failures": {
    "mails": 1
  },
  "lastGood": {
    "orders": {
      "value": 90,
      "active": true,
      "time": "2026-01-01T12:00:00Z"
    }
  }
}`, string(text))
}

func TestStateForgetsWhatIsTooOld(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{"": {Action: autoscale.LastKnownGood, MaxAge: time.Minute}}
	})
	in := autoscale.Input{Now: noon, Current: 10, Samples: []autoscale.Sample{orders(90), broken("mails")}}
	in.State = p.Decide(in).State
	in.Now, in.Samples = noon.Add(time.Hour), []autoscale.Sample{broken("orders")}
	assert.Equal(t, autoscale.State{
		Since: noon, LastActive: noon, Unsure: true, Failures: map[string]int{"orders": 1},
		Recommendations: []autoscale.Recommendation{{Replicas: 10, Time: noon.Add(time.Hour)}},
	}, p.Decide(in).State)
}

func TestStateKeepsOnlyRecommendationsThatCanStillCount(t *testing.T) {
	p := autoscale.Default()
	in := autoscale.Input{Now: noon, Current: 10}
	for i, value := range []float64{50, 50, 20, 30, 30, 10} {
		in.Now = noon.Add(time.Duration(i) * time.Second)
		in.Samples = []autoscale.Sample{orders(value)}
		in.State = p.Decide(in).State
	}
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	assert.Equal(t, []autoscale.Recommendation{
		{Replicas: 2, Time: at(5)}, {Replicas: 6, Time: at(4)}, {Replicas: 10, Time: at(1)},
	}, in.State.Recommendations)
}

func TestStateHasTimesInUTC(t *testing.T) {
	tokyo := time.FixedZone("Asia/Tokyo", 9*60*60)
	d := autoscale.Default().Decide(autoscale.Input{
		Now: noon.In(tokyo), Current: 10, Samples: []autoscale.Sample{orders(90)},
	})
	assert.Equal(t, noon, d.State.LastActive)
	assert.Equal(t, noon, d.State.Recommendations[0].Time)
}

func TestEventsOfUnevenPeriodsAreForgottenAsTheHPAForgetsThem(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 5, Period: 10 * time.Second}}
		p.Down.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 5, Period: time.Minute}}
	})
	event := func(change, ago int) autoscale.ScaleEvent {
		return autoscale.ScaleEvent{Change: change, Time: noon.Add(-time.Duration(ago) * time.Second)}
	}
	before := []autoscale.ScaleEvent{event(1, 50), event(2, 40), event(3, 5)}
	in := autoscale.Input{Now: noon, Current: 10, State: seen(0), Samples: []autoscale.Sample{orders(60)}}
	in.State.ScaleUps = before
	d := p.Decide(in)
	require.Equal(t, 12, d.Replicas, "%v", d)
	assert.Equal(t, []autoscale.ScaleEvent{event(1, 50), event(2, 0), event(3, 5)}, d.State.ScaleUps)
	assert.Equal(t, event(2, 40), before[1], "the Input is not changed")
}

func TestChangesThatTheHPAHasNoPartInCountForNoLimit(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*autoscale.Policy)
		current int
		sample  autoscale.Sample
	}{
		{"waking", nil, 0, orders(90)},
		{"going to Min from zero", func(p *autoscale.Policy) { p.Min = 2 }, 0, broken("orders")},
		{"going to zero", nil, 3, orders(0)},
		{"pausing", func(p *autoscale.Policy) { p.Pause.Replicas = ptr(7) }, 3, orders(90)},
	} {
		d := policy(test.change).Decide(autoscale.Input{
			Now: noon, Current: test.current, State: seen(time.Hour), Samples: []autoscale.Sample{test.sample},
		})
		assert.NotEqual(t, test.current, d.Replicas, test.name)
		assert.Empty(t, d.State.ScaleUps, test.name)
		assert.Empty(t, d.State.ScaleDowns, test.name)
	}
}

func TestTheStateDoesNotWriteIntoSpareCapacity(t *testing.T) {
	events := append(make([]autoscale.ScaleEvent, 0, 2), autoscale.ScaleEvent{Change: 1, Time: noon.Add(-time.Second)})
	in := autoscale.Input{Now: noon, Current: 10, State: seen(0), Samples: []autoscale.Sample{orders(90)}}
	in.State.ScaleUps = events
	assert.Len(t, autoscale.Default().Decide(in).State.ScaleUps, 2)
	assert.Zero(t, events[:2][1])
}

func TestALastKnownGoodReadingIsKeptWhileFailuresAreBorne(t *testing.T) {
	p := policy(func(p *autoscale.Policy) {
		p.OnError = map[string]autoscale.OnError{
			"orders": {Action: autoscale.LastKnownGood, Failures: 1, MaxAge: time.Minute},
		}
	})
	in := autoscale.Input{Now: noon, Current: 18, Samples: []autoscale.Sample{orders(90)}}
	in.State = p.Decide(in).State
	in.Samples[0] = broken("orders")
	in.State = p.Decide(in).State
	assert.True(t, p.Decide(in).Applied(autoscale.RuleLastKnownGood))
}
