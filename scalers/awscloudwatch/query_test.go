package awscloudwatch_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// visible reads a metric of a queue, with changes to its parameters.
func visible(t testing.TB, f *fake, pool *scalerkit.Pool, name string, change values) scalerkit.Scaler {
	return opened(t, f, pool, values(metric(name)).with(change))
}

func opened(t testing.TB, f *fake, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	t.Helper()
	metadata = values{"awsRegion": awsfake.Region, "awsEndpoint": f.URL, "targetMetricValue": "5", "minMetricValue": "2", "metricCollectionTime": "600"}.with(metadata)
	s, err := awscloudwatch.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(accessKey)}, scalerkit.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// recent is a time in the window of these triggers, even if the next one has
// begun when they look.
func recent() time.Time { return time.Now().Truncate(5 * time.Minute).Add(-5 * time.Minute) }

func wantValue(t *testing.T, s scalerkit.Scaler, want float64) scalerkit.Reading {
	t.Helper()
	r, err := s.Read(context.Background())
	require.NoError(t, err)
	require.Equal(t, want, r.Value)
	return r
}

func TestAMetricIsAskedForAsItsTriggerSays(t *testing.T) {
	f := newFake(t)
	wantValue(t, visible(t, f, nil, "orders", nil), 2)
	plain := f.asked()[0]
	require.Equal(t, []seen{{namespace: "AWS/SQS", metric: "Visible", dimensions: "QueueName=orders", stat: "Average", period: 300}}, plain.queries)

	wantValue(t, visible(t, f, nil, "orders", values{
		"dimensionName": "QueueName; Stage", "dimensionValue": "a,b; test", "metricStat": "p99", "metricUnit": "Count",
		"metricStatPeriod": "60", "metricCollectionTime": "600", "metricEndTimeOffset": "120", "awsAccountId": "123456789012",
	}), 2)
	require.Equal(t, []seen{{namespace: "AWS/SQS", metric: "Visible", dimensions: "QueueName=a,b,Stage=test", stat: "p99", unit: "Count", account: "123456789012", period: 60}},
		f.asked()[0].queries)
}

func TestAMetricMayHaveNoDimensions(t *testing.T) {
	f := newFake(t)
	f.set("Shop/Orders{}", point{recent(), 7})
	wantValue(t, opened(t, f, nil, values{"namespace": "Shop", "metricName": "Orders"}), 7)
	require.Equal(t, []seen{{namespace: "Shop", metric: "Orders", stat: "Average", period: 300}}, f.asked()[0].queries)
}

func TestAnExpressionTakesThePlaceOfTheMetric(t *testing.T) {
	f := newFake(t)
	s := visible(t, f, nil, "orders", values(expression("orders")).with(values{"metricStatPeriod": "60", "awsAccountId": "123456789012"}))
	wantValue(t, s, 2)
	require.Equal(t, []seen{{expression: "SELECT MAX(Visible) FROM orders", account: "123456789012", period: 60}}, f.asked()[0].queries)
}

func TestTheWindowEndsWithAWholePeriod(t *testing.T) {
	for name, c := range map[string]struct {
		period, length, offset int
	}{
		"defaults":             {300, 300, 0},
		"longer than a period": {60, 600, 0},
		"some time ago":        {60, 300, 90},
		"in the future":        {60, 300, -90},
		"of high resolution":   {10, 30, 0},
		"of seven minutes":     {420, 840, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			s := visible(t, f, nil, "orders", values{
				"metricStatPeriod": fmt.Sprint(c.period), "metricCollectionTime": fmt.Sprint(c.length), "metricEndTimeOffset": fmt.Sprint(c.offset)})
			period, length, offset := time.Duration(c.period)*time.Second, time.Duration(c.length)*time.Second, time.Duration(c.offset)*time.Second
			before := time.Now().Add(-offset).Truncate(period)
			wantValue(t, s, 2)
			after := time.Now().Add(-offset).Truncate(period)
			asked := f.asked()[0]
			require.Contains(t, []int64{before.Unix(), after.Unix()}, asked.end.Unix())
			require.Equal(t, length, asked.end.Sub(asked.start))
		})
	}
}

func TestTheNewestDataPointCountsAndSaysHowOldItIs(t *testing.T) {
	f := newFake(t)
	newest := recent()
	f.set(metricKey("orders"), point{newest, 42}, point{newest.Add(-time.Minute), 7})
	s := visible(t, f, nil, "orders", values{"activationTargetMetricValue": "41.5"})
	r := wantValue(t, s, 42)
	require.Equal(t, newest.Unix(), r.Time.Unix())
	require.True(t, r.IsActive(s.Metric()))
}

func TestNoDataIsTheMinimumOrAnError(t *testing.T) {
	noResult := func(seen, cbor.Map) []cbor.Map { return nil }
	const want = `read metric "Visible" of AWS/SQS: there is no data point in the 10m0s of metricCollectionTime, and ignoreNullValues is false`

	for name, edit := range map[string]func(seen, cbor.Map) []cbor.Map{"no values": nil, "no result": noResult} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.edit = edit
			begin := time.Now()
			s := visible(t, f, nil, "orders", values{"minMetricValue": "3", "activationTargetMetricValue": "2"})
			r := wantValue(t, s, 3)
			require.True(t, r.IsActive(s.Metric()))
			require.False(t, r.Time.Before(begin))
			scalertest.WantError(t, visible(t, f, nil, "orders", values{"ignoreNullValues": "false"}), nil, want)
		})
	}
}

func TestANegativeValueIsReadAsZero(t *testing.T) {
	f := newFake(t)
	f.set(metricKey("orders"), point{recent(), -3})
	for activation, active := range map[string]bool{"-5": true, "-3": false, "-2": false, "": false} {
		s := visible(t, f, nil, "orders", values{"activationTargetMetricValue": activation})
		require.Equal(t, active, wantValue(t, s, 0).IsActive(s.Metric()), activation)
	}
}

func TestAValueThatIsNoNumberIsAnError(t *testing.T) {
	f := newFake(t)
	f.set(metricKey("orders"), point{recent(), math.NaN()})
	scalertest.WantError(t, visible(t, f, nil, "orders", nil), nil, `read metric "Visible" of AWS/SQS: the newest data point is NaN`)
}

func TestAnAnswerThatIsNotCompleteIsAnError(t *testing.T) {
	message := cbor.List{cbor.Map{"Code": cbor.String("MaxMetricsExceeded"), "Value": cbor.String("An excessive amount of metrics matched.")}}
	for name, c := range map[string]struct {
		edit func(seen, cbor.Map) []cbor.Map
		want string
		is   error
	}{
		"partial": {
			edit: func(_ seen, r cbor.Map) []cbor.Map {
				r["StatusCode"], r["Messages"] = cbor.String("PartialData"), message
				return []cbor.Map{r}
			},
			want: `the answer of CloudWatch is not complete: PartialData: An excessive amount of metrics matched.`,
		},
		"an internal error without values, which is not the minimum": {
			edit: func(_ seen, r cbor.Map) []cbor.Map {
				r["StatusCode"], r["Values"], r["Timestamps"] = cbor.String("InternalError"), cbor.List{}, cbor.List{}
				return []cbor.Map{r}
			},
			want: `the answer of CloudWatch is not complete: InternalError`,
		},
		"forbidden": {
			edit: func(_ seen, r cbor.Map) []cbor.Map {
				r["StatusCode"] = cbor.String("Forbidden")
				return []cbor.Map{r}
			},
			want: `access denied: Forbidden`, is: scalerkit.ErrDenied,
		},
		"values without times": {
			edit: func(_ seen, r cbor.Map) []cbor.Map {
				r["Timestamps"] = cbor.List{}
				return []cbor.Map{r}
			},
			want: `CloudWatch answers with 1 values for 0 times`,
		},
		"a result that nobody asked for": {
			edit: func(_ seen, r cbor.Map) []cbor.Map {
				r["Id"] = cbor.String("q1")
				return []cbor.Map{r}
			},
			want: `CloudWatch answers a query that was not asked`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.set(metricKey("orders"), point{recent(), 42})
			f.edit = c.edit
			scalertest.WantError(t, visible(t, f, nil, "orders", nil), c.is, `read metric "Visible" of AWS/SQS: `+c.want)
		})
	}
}

func TestOfSeveralTimeSeriesTheFirstCounts(t *testing.T) {
	f := newFake(t)
	f.set(expressionKey("orders"), point{recent(), 42})
	f.edit = func(_ seen, r cbor.Map) []cbor.Map {
		other := cbor.Map{"Id": r["Id"], "Label": cbor.String("other"), "StatusCode": r["StatusCode"], "Timestamps": r["Timestamps"], "Values": cbor.List{cbor.Float64(99)}}
		return []cbor.Map{r, other}
	}
	wantValue(t, opened(t, f, nil, expression("orders")), 42)
}

func TestAllPagesAreFetched(t *testing.T) {
	f := newFake(t)
	f.page = 2
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for i := range 7 {
		name := fmt.Sprintf("q%d", i)
		f.set(metricKey(name), point{recent(), float64(i)})
		scalers = append(scalers, visible(t, f, pool, name, nil))
	}
	for i, r := range scalerkit.ReadAll(context.Background(), scalers...) {
		require.NoError(t, r.Err)
		require.InDelta(t, i, r.Reading.Value, 0)
	}
	require.Len(t, f.asked(), 4)
}

func TestAPageThatCompletesTheOneBeforeMakesTheAnswerWhole(t *testing.T) {
	f := newFake(t)
	f.set(metricKey("orders"), point{recent(), 42})
	f.page = 1
	f.edit = func(_ seen, r cbor.Map) []cbor.Map {
		first := cbor.Map{"Id": r["Id"], "Label": r["Label"], "StatusCode": cbor.String("PartialData"), "Timestamps": cbor.List{}, "Values": cbor.List{}}
		return []cbor.Map{first, r}
	}
	wantValue(t, visible(t, f, nil, "orders", nil), 42)
}

func TestThrottledCallsSaySo(t *testing.T) {
	f := newFake(t)
	f.refuse = func(request) *awsfake.Refusal {
		return &awsfake.Refusal{Code: "ThrottlingException", Message: "Rate exceeded"}
	}
	scalertest.WantError(t, visible(t, f, nil, "orders", nil), scalerkit.ErrThrottled, `read metric "Visible" of AWS/SQS: throttled: ThrottlingException: Rate exceeded`)
	require.Len(t, f.asked(), 1, "the next reading is the retry")
}

func TestCredentialsMayBeRevokedAndRenewed(t *testing.T) {
	f := newFake(t)
	s := visible(t, f, nil, "orders", nil)
	wantValue(t, s, 2)
	f.keys.Revoke(keyID)
	scalertest.WantError(t, s, scalerkit.ErrDenied, `read metric "Visible" of AWS/SQS: access denied: UnrecognizedClientException: The security token included in the request is invalid.`)
	f.keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	wantValue(t, s, 2)
}

// names returns what each call asked for.
func names(requests []request) (all []string) {
	for _, r := range requests {
		var names []string
		for _, q := range r.queries {
			names = append(names, q.expression+q.dimensions)
		}
		all = append(all, strings.Join(names, " "))
	}
	return all
}
