package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

func TestMetricNamesHaveNothingAwkwardInThem(t *testing.T) {
	require.Equal(t, "redis-a-b-c-d-50---x--$Y,_ z", driver.MetricName("redis", "a/b.c:d", "50%(", "x)-$Y,_ z"))
	require.Equal(t, "", driver.MetricName())
}

// A goal is a Config whose tags say what is measured.
type goal struct {
	Length     int64    `scaler:"length,target" default:"5" min:"1"`
	Activation *float64 `scaler:"activation,activation"`
	MetricType scalerkit.TargetKind
}

func TestTheTagsSayWhatTheMetricIs(t *testing.T) {
	var got scalerkit.Metric
	trigger := driver.Type[goal]{Name: "x", Open: func(c *goal, _ scalerkit.Options) (scalerkit.Scaler, error) {
		got = driver.MetricOf(c, "x", "a.b")
		return nil, nil
	}}
	_, err := trigger.New(goal{}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "x-a-b", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}, got)
	_, err = trigger.Driver().Open(scalerkit.Spec{MetricType: scalerkit.Total, Metadata: values{"length": "7", "activation": "-1.5"}}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "x-a-b", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: -1.5}, got)
	require.False(t, trigger.Driver().Params()[0].Target, "it has a default")
	require.Equal(t, scalerkit.Metric{Name: "y"}, driver.MetricOf(new(struct {
		A string `scaler:"a"`
	}), "y"))

	type text struct {
		A string `scaler:"a,activation"`
	}
	require.PanicsWithValue(t, "driver: driver_test.text.A: an activation is a number", func() { driver.MetricOf(new(text)) })
	type twice struct {
		A int `scaler:"a,target" min:"1"`
		B int `scaler:"b,target" min:"1"`
	}
	require.PanicsWithValue(t, "driver: driver_test.twice has two fields that are the target", func() { driver.MetricOf(new(twice)) })
}
