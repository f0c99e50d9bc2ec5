package gcpstackdriver_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpstackdriver"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

var (
	driver  = gcpstackdriver.Driver()
	machine = scalerkit.Identity{Provider: "gcp"}
)

func with(metadata, more values) values {
	metadata = maps.Clone(metadata)
	maps.Copy(metadata, more)
	return metadata
}

// opened returns a Scaler that is closed with the test.
func opened(tb testing.TB, m *gcptest.Monitoring, metadata values) scalerkit.Scaler {
	s, err := gcptest.Listing(driver).Open(m.Spec(tb, with(values{"projectId": gcptest.Project, "filter": `metric.type="example.com/requests"`}, metadata)), scalerkit.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	// KEDA's example, with everything.
	s, err := driver.Open(scalerkit.Spec{
		Env: map[string]scalerkit.Secret{"GOOGLE_APPLICATION_CREDENTIALS_JSON": gcptest.KeyFor(t, "https://oauth2.googleapis.com/token")},
		Metadata: values{
			"projectId":   "my-project-id",
			"filter":      `metric.type="storage.googleapis.com/network/received_bytes_count" AND resource.type="gcs_bucket" AND metric.label.method="WriteObject" AND resource.label.bucket_name="my-gcp-bucket"`,
			"targetValue": "100.50", "valueIfNull": "0.0", "filterDuration": "1", "activationTargetValue": "10.5",
			"credentialsFromEnv": "GOOGLE_APPLICATION_CREDENTIALS_JSON", "alignmentPeriodSeconds": "60", "alignmentAligner": "mean", "alignmentReducer": "none",
		},
	}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "gcp-stackdriver-my-project-id", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 100.5}, Activation: 10.5}, s.Metric())
	require.NoError(t, s.Close())

	s, err = driver.Open(scalerkit.Spec{Identity: machine, Metadata: values{"projectId": "p", "filter": "f"}}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "gcp-stackdriver-p", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}, s.Metric())
	require.NoError(t, s.Close())
}

func TestMistakesAreNamed(t *testing.T) {
	const reducers = "none, mean, min, max, sum, stddev, count, count_true, count_false, fraction_true, percentile_99, percentile_95, percentile_50, percentile_05"
	required := values{"projectId": "p", "filter": "f"}
	for want, metadata := range map[string]values{
		"projectId: is missing: set it in the metadata": {"filter": "f"},
		"filter: is missing: set it in the metadata":    {"projectId": "p"},
		"alignmentPeriodSeconds: 59 is less than 60":    with(required, values{"alignmentPeriodSeconds": "59"}),
		`alignmentAligner: "median" is not one of ` + reducers + `, delta, rate, interpolate, next_older, percent_change`: with(required, values{"alignmentAligner": "median"}),
		`alignmentReducer: "delta" is not one of ` + reducers:                                                             with(required, values{"alignmentReducer": "delta", "alignmentPeriodSeconds": "60"}),
		`filterDuration: "1m" is not a whole number`:                                                                      with(required, values{"filterDuration": "1m"}),
		`credentialsFromEnvFile: is not supported, since it names a file of the program's: give the key itself`:           with(required, values{"credentialsFromEnvFile": "KEY"}),
	} {
		_, err := driver.Open(scalerkit.Spec{Name: "t", Identity: machine, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `gcp-stackdriver trigger "t": `+want)
	}

	var warned []string
	s, err := driver.Open(scalerkit.Spec{Name: "t", Identity: machine, Metadata: with(required, values{"alignmentReducer": "sum"})}, scalerkit.Options{
		Warn: func(e scalerkit.ConfigError) { warned = append(warned, e.Error()) },
	})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, []string{`gcp-stackdriver trigger "t": alignmentReducer: has no effect without alignmentPeriodSeconds`}, warned)
}

func TestWhatIsAskedFor(t *testing.T) {
	const only = ` AND resource.labels.project_id = "shop-project"`
	m := gcptest.NewMonitoring(t)
	m.Answer(`{}`)
	for _, c := range []struct {
		metadata values
		filter   string
		window   time.Duration
		aligned  [3]string
	}{
		{values{"filter": `metric.type="a"`}, `metric.type="a"` + only, 2 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a OR project = b"`, "filterDuration": "-1"}, `metric.type="a OR project = b"` + only, 2 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a" OR metric.type="b"`, "filterDuration": "7"}, `metric.type="a" OR metric.type="b"`, 7 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a" AND project = "b"`}, `metric.type="a" AND project = "b"`, 2 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a" AND resource.label.project_id="b"`}, `metric.type="a" AND resource.label.project_id="b"`, 2 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a"`, "projectId": "123456"}, `metric.type="a"`, 2 * time.Minute, [3]string{}},
		{values{"filter": `metric.type="a"`, "alignmentPeriodSeconds": "90", "alignmentAligner": "Percentile_05"}, `metric.type="a"` + only, 2 * time.Minute, [3]string{"90s", "ALIGN_PERCENTILE_05", "REDUCE_NONE"}},
		{values{"filter": `metric.type="a"`, "alignmentAligner": "mean", "alignmentReducer": "SUM", "alignmentPeriodSeconds": "60"}, `metric.type="a"` + only, 2 * time.Minute, [3]string{"60s", "ALIGN_MEAN", "REDUCE_SUM"}},
	} {
		r, err := opened(t, m, with(c.metadata, values{"valueIfNull": "20"})).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, 20.0, r.Value)
		asked, _ := m.Requests()
		require.Len(t, asked, 1)
		p := asked[0]
		require.Equal(t, c.filter, p.Get("filter"))
		require.Equal(t, c.aligned, [3]string{p.Get("aggregation.alignmentPeriod"), p.Get("aggregation.perSeriesAligner"), p.Get("aggregation.crossSeriesReducer")})
		begin, err := time.Parse(time.RFC3339, p.Get("interval.startTime"))
		require.NoError(t, err)
		end, err := time.Parse(time.RFC3339, p.Get("interval.endTime"))
		require.NoError(t, err)
		require.Equal(t, c.window, end.Sub(begin))
	}
}

func TestTimeSeries(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	s := opened(t, m, nil)
	scalertest.WantError(t, s, scalerkit.ErrNotFound, `read filter "metric.type=\"example.com/requests\"": not found: Cloud Monitoring has no points of the last 2m0s`)
	m.Set(requests("a", 3))
	scalertest.WantValue(t, s, 3)
	m.Set(requests("b", 12), requests("c", 5))
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, 12.0, r.Value)
	require.Equal(t, "there are 3 time series, of which the largest value counts", r.Note)

	bad := opened(t, m, values{"filter": "metric.type=a"})
	scalertest.WantError(t, bad, nil, `read filter "metric.type=a": GET `+m.URL+`/v3/projects/shop-project/timeSeries: 400 Bad Request: INVALID_ARGUMENT: the filter has metric.type=a in it`)
}
