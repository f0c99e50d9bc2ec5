package driver_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A lazy has a default for everything.
type lazy struct {
	Text    string            `scaler:"text" default:"hello"`
	Length  int               `scaler:"length" default:"5" min:"1"`
	Rate    float64           `scaler:"rate" default:"0.5" above:"0"`
	Wait    time.Duration     `scaler:"wait" default:"30s" min:"1ms"`
	List    []string          `scaler:"list" default:"a,b"`
	Map     map[string]string `scaler:"map" default:"k=v"`
	Verify  *bool             `scaler:"verify" default:"true"`
	Retries *int              `scaler:"retries" default:"3"`
	Kind    scalerkit.TargetKind
}

func TestDefaultsAreFilledInWhereNothingIsSaid(t *testing.T) {
	yes, no, three, zero := true, false, 3, 0
	defaults := lazy{"hello", 5, 0.5, 30 * time.Second, []string{"a", "b"}, values{"k": "v"}, &yes, &three, scalerkit.PerReplica}

	var got lazy
	require.NoError(t, driver.Decode(scalerkit.Spec{}, &got))
	require.Equal(t, defaults, got)

	got = lazy{}
	require.NoError(t, driver.Check("x", &got))
	require.Equal(t, defaults, got)

	said := lazy{"x", 1, 1, time.Second, []string{}, values{}, &no, &zero, scalerkit.Total}
	got = said
	require.NoError(t, driver.Check("x", &got))
	require.Equal(t, said, got)

	got = lazy{}
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: values{"verify": "false", "retries": "0", "list": ",", "map": " "}}, &got))
	require.Equal(t, &no, got.Verify)
	require.Equal(t, &zero, got.Retries)
	require.Equal(t, []string{"a", "b"}, got.List)
	require.Equal(t, map[string]string{"k": "v"}, got.Map)
}

func TestDefaultsAreNotShared(t *testing.T) {
	var a, b lazy
	require.NoError(t, driver.Check("x", &a))
	require.NoError(t, driver.Check("x", &b))
	a.List[0], a.Map["k"], *a.Retries = "changed", "changed", 9
	require.Equal(t, []string{"a", "b"}, b.List)
	require.Equal(t, "v", b.Map["k"])
	require.Equal(t, 3, *b.Retries)
}

func TestWhatWasDecodedStandsUpToACheck(t *testing.T) {
	var config brokerConfig
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: values{"queue": "q"}}, &config))
	require.Equal(t, brokerConfig{Queue: "q", Length: 5, Mode: "ready", MetricType: scalerkit.PerReplica}, config)
	decoded := config
	require.NoError(t, driver.Check("broker", &config))
	require.Equal(t, decoded, config)
}

func TestTypedConfigsAreChecked(t *testing.T) {
	minusOne := -1
	for name, c := range map[string]struct {
		config any
		want   string
	}{
		"a broker with nothing right": {
			&brokerConfig{
				BrokerServer: BrokerServer{TLS: driver.TLS{Cert: "PEM"}},
				Length:       -1, Mode: "Ready", MetricType: "Utilization",
			},
			`x trigger: Queue: is missing
x trigger: Length: is not greater than 0
x trigger: Mode: is not one of ready, unacked, all; did you mean "ready"?
x trigger: MetricType: "Utilization" is not one of AverageValue, Value
x trigger: TLS.Key: is missing: the client certificate in TLS.Cert needs its private key`,
		},
		"numbers that are none": {
			&variety{Float: math.NaN()}, "x trigger: Float: is not a number",
		},
		"numbers without end": {
			&variety{Float: math.Inf(1)}, "x trigger: Float: is not a number",
		},
		"numbers out of bounds": {
			&variety{Int64: -6, Float: -2, Wait: -time.Second},
			"x trigger: Int64: is less than -5\nx trigger: Float: is not greater than -1.5\nx trigger: Wait: is negative",
		},
		"choices that there are not": {
			&variety{Choice: "four", Choices: []string{"one", "five"}},
			"x trigger: Choice: is not one of one, two, three\nx trigger: Choices: is not one of one, two, three",
		},
		"a pointer to what is out of bounds": {
			&struct {
				Count *int `scaler:"count" min:"0"`
			}{&minusOne},
			"x trigger: Count: is less than 0",
		},
	} {
		t.Run(name, func(t *testing.T) { require.EqualError(t, driver.Check("x", c.config), c.want) })
	}
	require.NoError(t, driver.Check("x", &variety{Float: -1}))
}
