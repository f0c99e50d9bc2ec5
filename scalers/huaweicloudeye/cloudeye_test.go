package huaweicloudeye_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/huaweicloudeye"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

var driver = huaweicloudeye.Driver()

// opened returns a Scaler that is closed with the test.
func opened(tb testing.TB, s scalerkit.Spec, pool *scalerkit.Pool) scalerkit.Scaler {
	scaler, err := driver.Open(s, scalerkit.Options{Pool: pool})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, scaler.Close()) })
	return scaler
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	keda := values{"IdentityEndpoint": "https://iam.ap-southeast-1.myhuaweicloud.com", "DomainID": "1", "Domain": "shop", "Cloud": "myhuaweicloud.com"}
	for _, c := range []struct {
		more values
		want scalerkit.Metric
	}{
		{nil, scalerkit.Metric{Name: "huawei-cloudeye-mb_l7_qps", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}},
		{
			values{"targetMetricValue": "5.5", "activationTargetMetricValue": "1.5", "metricCollectionTime": "600", "metricFilter": "max", "metricPeriod": "1"},
			scalerkit.Metric{Name: "huawei-cloudeye-mb_l7_qps", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5.5}, Activation: 1.5},
		},
	} {
		s := spec("", "orders", c.more)
		for key, value := range keda {
			s = as(s, key, value)
		}
		require.Equal(t, c.want, opened(t, s, nil).Metric())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	good := spec("", "orders", nil)
	for want, s := range map[string]scalerkit.Spec{
		`Region: is no name of a region, such as ap-southeast-1`:                        as(good, "Region", "evil.example/"),
		`Cloud: is no domain, such as myhuaweicloud.com`:                                as(good, "Cloud", "evil.example/#"),
		`ProjectID: is no id of a project, such as 41f6bfe48d7f4455b7754f7c1b11ae34`:    as(good, "ProjectID", "../x"),
		`SecretKey: is missing: let the authentication deliver it`:                      as(good, "SecretKey", ""),
		`namespace: is missing: set it in the metadata`:                                 spec("", "orders", values{"namespace": ""}),
		`dimensionValue: is missing: set it in the metadata`:                            spec("", "", nil),
		`metricFilter: "avg" is not one of average, max, min, sum`:                      spec("", "orders", values{"metricFilter": "avg"}),
		`metricPeriod: "5m" is not a whole number`:                                      spec("", "orders", values{"metricPeriod": "5m"}),
		`metricCollectionTime: "0" is less than 1`:                                      spec("", "orders", values{"metricCollectionTime": "0"}),
		`minMetricValue: was removed from KEDA: use activationTargetMetricValue`:        spec("", "orders", values{"minMetricValue": "1"}),
		`AccessKey: cannot be given in the metadata: let the authentication deliver it`: spec("", "orders", values{"AccessKey": "x"}),
	} {
		_, err := driver.Open(s, scalerkit.Options{})
		require.EqualError(t, err, `huawei-cloudeye trigger "orders": `+want)
	}
}

func TestTheNewestDataPointCounts(t *testing.T) {
	f := newFake(t)
	f.set("orders", point{5 * time.Minute, 3}, point{time.Minute, 12.5}, point{2 * time.Minute, 40})
	before := time.Now().Truncate(time.Minute)
	r, err := opened(t, spec(f.URL, "orders", nil), nil).Read(t.Context())
	require.NoError(t, err)
	after := time.Now().Truncate(time.Minute)
	require.Equal(t, 12.5, r.Value)
	require.Contains(t, []time.Time{before.Add(-time.Minute), after.Add(-time.Minute)}, r.Time)

	q := f.asked()[0]
	require.Equal(t, []any{"300", "average", int64(300_000), int64(0)}, []any{q.Period, q.Filter, q.To - q.From, q.To % 60_000})
	scalertest.WantValue(t, opened(t, spec(f.URL, "orders", values{"metricFilter": "sum", "metricPeriod": "1", "metricCollectionTime": "3600"}), nil), 12.5)
	q = f.asked()[0]
	require.Equal(t, []any{"1", "sum", int64(3_600_000)}, []any{q.Period, q.Filter, q.To - q.From})
}

func TestAnswersThatAreNoLevel(t *testing.T) {
	f := newFake(t)
	s := opened(t, spec(f.URL, "orders", nil), nil)
	const read = `read metric "mb_l7_qps" of SYS.ELB with lbaas_instance_id "orders": `
	scalertest.WantError(t, s, scalerkit.ErrNotFound, read+"not found: Cloud Eye has no data point of the last 5m0s")
	about := func(points string) string {
		return `{"metrics":[{"namespace":"SYS.ELB","metric_name":"mb_l7_qps","dimensions":[{"name":"lbaas_instance_id","value":"orders"}],"datapoints":[` + points + `]}]}`
	}
	for answer, want := range map[string]string{
		`{}`:             "the answer has nothing about it",
		`{"metrics":[]}`: "the answer has nothing about it", // at which KEDA panics
		`{"metrics":[{"namespace":"SYS.ELB","metric_name":"another","dimensions":[],"datapoints":[{"average":1,"timestamp":1}]}]}`: "the answer has nothing about it",
		about(""):                        "not found: Cloud Eye has no data point of the last 5m0s",
		about(`{"timestamp":1}`):         "the data point has no average",
		about(`{"max":3,"timestamp":1}`): "the data point has no average",
	} {
		f.say(answer)
		scalertest.WantError(t, s, nil, read+want)
	}

	f.say(about(`{"average":"many","timestamp":1}`))
	_, err := s.Read(t.Context())
	require.ErrorContains(t, err, read+"POST "+f.URL+"/V1.0/"+project+"/batch-query-metric-data: the answer is not the JSON that it should be: ")

	f.say(about(`{"average":-2.5,"timestamp":1700000000000}`))
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Time: time.UnixMilli(1700000000000), Activity: scalerkit.Inactive, Note: "the value is -2.5, which counts as 0"}, r)
	below := opened(t, spec(f.URL, "orders", values{"activationTargetMetricValue": "-3"}), nil)
	r, err = below.Read(t.Context())
	require.NoError(t, err)
	require.True(t, r.IsActive(below.Metric()))
}

func TestRefusals(t *testing.T) {
	f := newFake(t)
	const read = `read metric "mb_l7_qps" of SYS.ELB with lbaas_instance_id "orders": POST `
	url := func(project string) string { return f.URL + "/V1.0/" + project + "/batch-query-metric-data: " }
	good := spec(f.URL, "orders", nil)
	_, err := opened(t, as(good, "AccessKey", "another"), nil).Read(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	require.ErrorContains(t, err, read+url(project)+"access denied: 401 Unauthorized: APIGW.0301: Incorrect IAM authentication information: verify aksk signature fail: SDK-HMAC-SHA256 Access=another, ")
	scalertest.WantError(t, opened(t, as(good, "ProjectID", busy), nil), scalerkit.ErrThrottled,
		read+url(busy)+"throttled: 429 Too Many Requests: APIGW.0308: The throttling threshold has been reached: policy user over ratelimit")
	scalertest.WantError(t, opened(t, as(good, "ProjectID", "another"), nil), scalerkit.ErrNotFound,
		read+url("another")+"not found: 404 Not Found: APIGW.0101: The API does not exist or has not been published in the environment")
}

func TestManyMetricsAreFewRequests(t *testing.T) {
	f := newFake(t)
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for i := range 1200 {
		thing := fmt.Sprintf("thing-%d", i)
		f.set(thing, point{time.Minute, float64(i)})
		scalers = append(scalers, opened(t, spec(f.URL, thing, nil), pool))
	}
	scalers = append(scalers, opened(t, spec(f.URL, "thing-7", values{"metricFilter": "max"}), pool))
	for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		require.NoError(t, r.Err)
		if i == 1200 {
			i = 7
		}
		require.Equal(t, float64(i), r.Reading.Value)
	}
	require.Len(t, f.asked(), 3+1)

	scalers = nil
	for i := range 20 { // of 1,000 data points each
		scalers = append(scalers, opened(t, spec(f.URL, fmt.Sprintf("thing-%d", i), values{"metricPeriod": "1", "metricCollectionTime": "59940"}), pool))
	}
	for _, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		require.NoError(t, r.Err)
	}
	require.Len(t, f.asked(), 7, "3 of 1,000 data points fit into one")
}

func TestAMistakeIsNobodyElses(t *testing.T) {
	f := newFake(t)
	f.set("orders", point{time.Minute, 7})
	f.set("invoices", point{time.Minute, 8})
	pool := new(scalerkit.Pool)
	results := scalerkit.ReadAll(t.Context(), opened(t, spec(f.URL, "orders", nil), pool), opened(t, spec(f.URL, "x", values{"namespace": "bad"}), pool), opened(t, spec(f.URL, "invoices", nil), pool))
	require.NoError(t, results[0].Err)
	require.Equal(t, 7.0, results[0].Reading.Value)
	require.EqualError(t, results[1].Err, `read metric "mb_l7_qps" of bad with lbaas_instance_id "x": POST `+f.URL+"/V1.0/"+project+"/batch-query-metric-data: 400 Bad Request: ces.0014: Some content in message body is not correct.")
	require.NoError(t, results[2].Err)
	require.Equal(t, 8.0, results[2].Reading.Value)
}
