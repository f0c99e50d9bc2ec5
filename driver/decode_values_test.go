package driver_test

import (
	"fmt"
	"math"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

func TestTextsBecomeValues(t *testing.T) {
	seven := 7
	for _, c := range []struct {
		key, text string
		want      variety
	}{
		{"text", "a b", variety{Text: "a b"}},
		{"text", " \t\n a b \r\n", variety{Text: "a b"}},
		{"text", " \t ", variety{}},
		{"text", "", variety{}},
		{"choice", "two", variety{Choice: "two"}},
		{"flag", "1", variety{Flag: true}},
		{"flag", "t", variety{Flag: true}},
		{"flag", "TRUE", variety{Flag: true}},
		{"flag", "False", variety{}},
		{"int", "5", variety{Int: 5}},
		{"int", "-5", variety{Int: -5}},
		{"int", "0", variety{}},
		{"int32", "2147483647", variety{Int32: math.MaxInt32}},
		{"int64", "5000000000", variety{Int64: 5_000_000_000}},
		{"int64", "-5", variety{Int64: -5}},
		{"float", "0.5", variety{Float: 0.5}},
		{"float", "1e3", variety{Float: 1000}},
		{"float", "-1.4", variety{Float: -1.4}},
		{"float", "7", variety{Float: 7}},
		{"wait", "1h", variety{Wait: time.Hour}},
		{"wait", "1m30s", variety{Wait: 90 * time.Second}},
		{"wait", "1500", variety{Wait: 1500 * time.Millisecond}},
		{"wait", "0", variety{}},
		{"list", "a, b ,c", variety{List: []string{"a", "b", "c"}}},
		{"list", ",a,,b,", variety{List: []string{"a", "b"}}},
		{"list", " , ,", variety{}},
		{"choices", "two,one", variety{Choices: []string{"two", "one"}}},
		{"map", "a=1, b = 2 ", variety{Map: values{"a": "1", "b": "2"}}},
		{"map", "a=", variety{Map: values{"a": ""}}},
		{"map", ", ,", variety{}},
		{"query", "a=1&a=2&b=x%20y", variety{Query: url.Values{"a": {"1", "2"}, "b": {"x y"}}}},
		{"secret", " hush ", variety{Secret: scalerkit.NewSecret("hush")}},
		{"maybeInt", "7", variety{MaybeInt: &seven}},
		{"maybeInt", "0", variety{MaybeInt: new(int)}},
		{"maybeInt", " ", variety{}},
	} {
		t.Run(fmt.Sprintf("%s %q", c.key, c.text), func(t *testing.T) {
			c.want.Kind = scalerkit.PerReplica
			for place, spec := range everywhere(c.key, c.text) {
				var got variety
				require.NoError(t, driver.Decode(spec, &got), "from %s", place)
				require.Equal(t, c.want, got, "from %s", place)
			}
		})
	}
}

// everywhere returns Specs that give the key the value, by place.
func everywhere(key, value string) map[string]scalerkit.Spec {
	return map[string]scalerkit.Spec{
		"metadata": {Metadata: values{key: value}},
		"auth":     {Auth: scalerkit.Secrets(values{key: value})},
		"env":      {Metadata: values{key + "FromEnv": " VARIABLE "}, Env: scalerkit.Secrets(values{"VARIABLE": value})},
	}
}

func TestTextsThatMeanNothingAreNamed(t *testing.T) {
	const (
		whole    = "is not a whole number"
		number   = "is not a number"
		out      = "is out of range"
		boolean  = "is not true or false"
		duration = `is not a duration such as "30s" or "5m", nor a number of milliseconds`
		pairs    = `is not a list of pairs such as "a=1,b=2"`
		query    = `is not a query string such as "a=1&b=2"`
		choice   = "is not one of one, two, three"
	)
	for _, c := range []struct {
		key, text, problem string
	}{
		{"choice", "four", choice},
		{"choice", "One", choice + `; did you mean "one"?`},
		{"choice", "thre", choice + `; did you mean "three"?`},
		{"choice", "one,two", choice},
		{"choices", "one,twö", choice + `; did you mean "two"?`},
		{"flag", "yes", boolean},
		{"flag", "tRUE", boolean},
		{"int", "many", whole},
		{"int", "5.0", whole},
		{"int", "05", whole},
		{"int", "+5", whole},
		{"int", "1e3", whole},
		{"int", "0x10", whole},
		{"int", "1_000", whole},
		{"int", "5 0", whole},
		{"int", "NaN", whole},
		{"int", "99999999999999999999", out},
		{"int32", "2147483648", out},
		{"int32", "-2147483649", out},
		{"int64", "-6", "is less than -5"},
		{"int64", "5000000001", "is greater than 5000000000"},
		{"float", "NaN", number},
		{"float", "nan", number},
		{"float", "Inf", number},
		{"float", "-infinity", number},
		{"float", "null", number},
		{"float", "true", number},
		{"float", ".5", number},
		{"float", "5.", number},
		{"float", "+1", number},
		{"float", "0x1p-2", number},
		{"float", "1_0", number},
		{"float", "1e999", out},
		{"float", "-1.5", "is not greater than -1.5"},
		{"wait", "soon", duration},
		{"wait", "1.5", duration},
		{"wait", "-1s", "is negative"},
		{"wait", "-5", "is negative"},
		{"wait", "3600001", "is greater than 1h"},
		{"wait", "9223372036854775807", duration},
		{"wait", "99999999999999999999h", duration},
		{"maybeInt", "x", whole},
	} {
		t.Run(fmt.Sprintf("%s %q", c.key, c.text), func(t *testing.T) {
			specs := everywhere(c.key, c.text)
			require.EqualError(t, driver.Decode(specs["metadata"], new(variety)), fmt.Sprintf("trigger: %s: %q %s", c.key, c.text, c.problem))
			require.EqualError(t, driver.Decode(specs["auth"], new(variety)), fmt.Sprintf("trigger: %s: %s", c.key, c.problem))
			require.EqualError(t, driver.Decode(specs["env"], new(variety)), fmt.Sprintf("trigger: %sFromEnv: %s", c.key, c.problem))
		})
	}

	t.Run("maps and queries are not quoted, since they may hold credentials", func(t *testing.T) {
		for _, c := range []struct{ key, text, problem string }{
			{"map", "Authorization=Bearer c2VjcmV0==", pairs},
			{"map", "pair", pairs},
			{"map", "=1", pairs},
			{"query", "password=%zz", query},
			{"query", "a=1;b=2", query},
		} {
			err := driver.Decode(scalerkit.Spec{Metadata: values{c.key: c.text}}, new(variety))
			require.EqualError(t, err, "trigger: "+c.key+": "+c.problem)
		}
	})
}

func TestBoundsAreWithinTheRange(t *testing.T) {
	type config struct {
		Least int           `scaler:"least" min:"1"`
		Above float64       `scaler:"above" above:"0"`
		Most  time.Duration `scaler:"most" min:"1s" max:"1m"`
	}
	var got config
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: values{"least": "1", "above": "0.001", "most": "60000"}}, &got))
	require.Equal(t, config{1, 0.001, time.Minute}, got)

	err := driver.Decode(scalerkit.Spec{Metadata: values{"least": "0", "above": "0", "most": "999"}}, new(config))
	require.EqualError(t, err, `trigger: least: "0" is less than 1
trigger: above: "0" is not greater than 0
trigger: most: "999" is less than 1s`)
}

func TestMetricTypeAndIdentityAreTakenOver(t *testing.T) {
	identity := scalerkit.Identity{Provider: "aws", RoleARN: "arn", Owner: "keda"}
	var got variety
	require.NoError(t, driver.Decode(scalerkit.Spec{MetricType: scalerkit.Total, Identity: identity}, &got))
	require.Equal(t, variety{Kind: scalerkit.Total, Identity: identity}, got)

	err := driver.Decode(scalerkit.Spec{MetricType: "Utilization"}, new(variety))
	require.EqualError(t, err, `trigger: metricType: "Utilization" is not one of AverageValue, Value`)

	type neither struct {
		Text string `scaler:"text"`
	}
	spec := scalerkit.Spec{MetricType: scalerkit.Total, Identity: identity}
	require.EqualError(t, driver.Decode(spec, new(neither)), `trigger: metricType: does not apply to this trigger type: leave it out
trigger: podIdentity: "aws" is not used by this trigger type: leave it out`)
	require.NoError(t, driver.Decode(scalerkit.Spec{Identity: scalerkit.Identity{Provider: "none"}}, new(neither)))
}

func TestFieldsTaggedWithADashAreLeftAlone(t *testing.T) {
	type config struct {
		Text string `scaler:"text"`
		Kept []int  `scaler:"-"`
		wait time.Time
	}
	got := config{Kept: []int{1}, wait: time.Unix(1, 0)}
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: values{"text": "x"}}, &got))
	require.Equal(t, config{Text: "x", Kept: []int{1}, wait: time.Unix(1, 0)}, got)
}
