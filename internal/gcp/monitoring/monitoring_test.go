package monitoring_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/internal/gcp/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read asks a service that answers with the given time series.
func read(t *testing.T, series string, plan monitoring.Plan) (scalerkit.Reading, error) {
	m := gcptest.NewMonitoring(t)
	m.Answer(`{"timeSeries": [` + series + `], "unit": "1"}`)
	return readFrom(t, m, plan)
}

func readFrom(t *testing.T, m *gcptest.Monitoring, plan monitoring.Plan) (scalerkit.Reading, error) {
	plan.Question = monitoring.Question{Name: "level", List: monitoring.List{Filter: `metric.type = "x"`, Window: time.Minute}}
	s := monitoring.New(gcp.Access{Key: m.Authority.Key(t), Endpoint: m.URL}, scalerkit.Options{}, plan)
	defer func() { require.NoError(t, s.Close()) }()
	return s.Read(t.Context())
}

// series is a time series with points of these values, the newest first, one for
// each minute before 12:00.
func series(kind string, values ...string) string {
	points := make([]string, len(values))
	for i, v := range values {
		end := time.Date(2026, 1, 2, 12, -i, 0, 0, time.UTC).Format(time.RFC3339Nano)
		points[i] = fmt.Sprintf(`{"interval":{"startTime":%q,"endTime":%q},"value":%s}`, end, end, v)
	}
	return `{"metricKind":"` + kind + `","valueType":"STRING","points":[` + strings.Join(points, ",") + `]}`
}

const (
	one, two, three = `{"int64Value":"1"}`, `{"int64Value":"2"}`, `{"doubleValue":3}`

	// Two values in each of [0,10), [10,20) and [20,30), one above, and one below.
	linear = `{"distributionValue":{"count":"8","mean":15,"sumOfSquaredDeviation":800,"bucketCounts":["1","2","2","2","1"],
		"bucketOptions":{"linearBuckets":{"numFiniteBuckets":3,"width":10,"offset":0}}}}`
	// Four values in [1,4), the second of the buckets with bounds 0.25, 1, 4, 16.
	exponential = `{"distributionValue":{"count":"4","mean":2,"bucketCounts":["0","0","4"],
		"bucketOptions":{"exponentialBuckets":{"numFiniteBuckets":3,"growthFactor":4,"scale":0.25}}}}`
	explicit = `{"distributionValue":{"count":"2","mean":9,"sumOfSquaredDeviation":2,"bucketCounts":["1","1"],"bucketOptions":{"explicitBuckets":{"bounds":[9,10]}}}}`
	// The service did not keep the buckets.
	bare  = `{"distributionValue":{"count":"2","mean":4}}`
	empty = `{"distributionValue":{}}`
)

func TestWhatPointsComeTo(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, aggregation, series string
		value                     float64
		note                      string
	}{
		{"the newest", "", series("GAUGE", one, three), 1, ""},
		{"a double", "", series("GAUGE", three, one), 3, ""},
		{"the largest of several", "", series("GAUGE", two) + "," + series("GAUGE", three) + "," + series("GAUGE") + "," + series("GAUGE", one), 3, "there are 3 time series, of which the largest value counts"},
		{"not a number", "", series("GAUGE", `{"doubleValue":"NaN"}`), 0, "the value is NaN, which counts as 0"},
		{"infinity", "", series("GAUGE", `{"doubleValue":"Infinity"}`), 0, "the value is +Inf, which counts as 0"},
		{"less than nothing", "", series("GAUGE", `{"doubleValue":-2.5}`), 0, "the value is -2.5, which counts as 0"},

		{"the sum of the newest", "sum", series("GAUGE", one, three) + "," + series("GAUGE", two, three), 3, ""},
		{"how many there are", "count", series("GAUGE", one, three) + "," + series("GAUGE", two, three), 2, ""},
		{"their mean", "mean", series("GAUGE", one) + "," + series("GAUGE", two), 1.5, ""},
		{"their median", "median", series("GAUGE", one) + "," + series("GAUGE", two) + "," + series("GAUGE", three), 2, ""},
		{"their variance", "variance", series("GAUGE", one) + "," + series("GAUGE", three), 1, ""},
		{"their standard deviation", "stddev", series("GAUGE", one) + "," + series("GAUGE", three), 1, ""},
		{"changes of three minutes", "sum", series("DELTA", one, two, three, three), 6, ""},
		{"an old time series besides", "count", series("GAUGE", one) + "," + strings.ReplaceAll(series("GAUGE", two), "12:00", "11:57"), 1, ""},

		{"how many values distributions have", "count", series("DELTA", linear, bare, empty, linear), 10, ""},
		{"what they add up to", "sum", series("DELTA", linear, bare), 128, ""},
		{"the mean of all", "mean", series("DELTA", linear) + "," + series("DELTA", bare), 12.8, ""},
		{"the variance of one", "variance", series("DELTA", linear), 100, ""},
		{"the variance of all", "variance", series("DELTA", linear) + "," + series("DELTA", bare), 80 + 121*16./100, ""},
		{"no values at all", "mean", series("DELTA", empty), 0, "the value is NaN, which counts as 0"},
		{"none to count", "count", series("DELTA", empty), 0, ""},
		{"the middle of linear buckets", "median", series("DELTA", linear), 15, ""},
		{"the same twice", "percentile50", series("DELTA", linear, linear), 15, ""},
		{"above the last bound", "percentile100", series("DELTA", linear), 30, ""},
		{"below the first", "percentile5", series("DELTA", linear), 0, ""},
		{"within an exponential bucket", "percentile50", series("DELTA", exponential), 2.5, ""},
		{"between 0 and an explicit bound", "percentile25", series("DELTA", explicit), 4.5, ""},
		{"without buckets", "percentile99", series("DELTA", bare), 4, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := monitoring.NewAggregation(c.aggregation)
			require.NoError(t, err)
			r, err := read(t, c.series, monitoring.Plan{Aggregation: a})
			require.NoError(t, err)
			require.InDelta(t, c.value, r.Value, 1e-9)
			require.Equal(t, c.note, r.Note)
			require.Equal(t, noon, r.Time)
		})
	}
}

func TestWhatIsNoLevel(t *testing.T) {
	sum, err := monitoring.NewAggregation("sum")
	require.NoError(t, err)
	const noNumber = "read level: the values are of type STRING, and no numbers: aggregate them"
	for _, c := range []struct {
		name, series string
		plan         monitoring.Plan
		want         string
	}{
		{"no time series", "", monitoring.Plan{}, "read level: not found: Cloud Monitoring has no points of the last 1m0s"},
		{"one without points", series("GAUGE"), monitoring.Plan{}, "read level: not found: Cloud Monitoring has no points of the last 1m0s"},
		{"none to add up", series("GAUGE"), monitoring.Plan{Aggregation: sum}, "read level: not found: Cloud Monitoring has no points of the last 1m0s"},
		{"texts", series("GAUGE", `{"stringValue":"many"}`), monitoring.Plan{}, noNumber},
		{"texts to add up", series("GAUGE", `{"stringValue":"many"}`), monitoring.Plan{Aggregation: sum}, noNumber},
		{"a distribution", series("DELTA", bare), monitoring.Plan{}, noNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(t, c.series, c.plan)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestActivityGoesByTheValueAsItIs(t *testing.T) {
	for text, active := range map[string]bool{`-2.5`: false, `-0.5`: true, `"NaN"`: false, `0`: true} {
		plan := monitoring.Plan{Metric: scalerkit.Metric{Activation: -1}}
		r, err := read(t, series("GAUGE", `{"doubleValue":`+text+`}`), plan)
		require.NoError(t, err)
		require.Zero(t, r.Value)
		require.Equal(t, active, r.IsActive(plan.Metric), text)
	}
}

func TestHalfAnAnswerIsNone(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Answer(`{"timeSeries": [` + series("GAUGE", one) + `], "executionErrors": [{"code": 14, "message": "a region does not answer"}]}`)
	_, err := readFrom(t, m, monitoring.Plan{})
	require.EqualError(t, err, "read level: the answer is not whole: a region does not answer")

	m.Answer(`{"timeSeries": [` + series("GAUGE", `{"int64Value":"many"}`) + `]}`)
	_, err = readFrom(t, m, monitoring.Plan{})
	require.ErrorContains(t, err, "the answer is not the JSON that it should be: ")
}
