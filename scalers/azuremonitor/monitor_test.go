package azuremonitor_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azuremonitor"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

const resource = "/subscriptions/sub/resourceGroups/group/providers/Microsoft.ServiceBus/namespaces/shop"

// kit plays Resource Manager, whose things are metrics of one resource.
var kit = azuretest.APIKit{
	Driver: azuremonitor.Driver(), New: scalertest.Typed(azuremonitor.New),
	URLKey: "azureResourceManagerEndpoint", TargetKey: "targetValue", ActivationKey: "activationTargetValue",
	Metadata: func(metric string) map[string]string {
		return values{
			"tenantId": "11111111-2222-3333-4444-555555555555", "subscriptionId": "sub", "resourceGroupName": "group",
			"resourceURI": "Microsoft.ServiceBus/namespaces/shop", "metricName": metric, "metricAggregationType": "Average", "targetValue": "5",
		}
	},
	Serve: func(w http.ResponseWriter, r *http.Request, levels map[string]float64) {
		query := r.URL.Query()
		var all []string
		for _, name := range strings.Split(query.Get("metricnames"), ",") {
			level, exists := levels[name]
			if !exists {
				azuretest.RefuseAPI(w, http.StatusBadRequest, "BadRequest", "Failed to find metric configuration for "+name)
				return
			}
			all = append(all, result(name, fmt.Sprintf(`{"timeStamp":%q,"average":%v}`, time.Now().UTC().Format(time.RFC3339), level)))
		}
		if r.URL.Path != resource+"/providers/Microsoft.Insights/metrics" || query.Get("api-version") != "2024-02-01" || query.Get("aggregation") != "Average" || len(all) > 20 {
			azuretest.RefuseAPI(w, http.StatusBadRequest, "BadRequest", "This is no request for metrics")
			return
		}
		fmt.Fprint(w, answer(all...))
	},
}

func answer(results ...string) string {
	return `{"interval":"PT1M","value":[` + strings.Join(results, ",") + `]}`
}

// result is that of a metric with one series.
func result(name string, points ...string) string {
	return `{"name":{"value":"` + name + `"},"errorCode":"Success","timeseries":[` + seriesOf(points...) + `]}`
}

func seriesOf(points ...string) string { return `{"data":[` + strings.Join(points, ",") + `]}` }

// point is one of a minute.
func point(minute int, values string) string {
	return fmt.Sprintf(`{"timeStamp":"2026-11-28T10:0%d:00Z",%s}`, minute, values)
}

func TestSuite(t *testing.T) {
	kit.Run(t, func(a *azuretest.API, credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		return azuremonitor.New(azuremonitor.Config{
			API:            azuremonitor.API{Entra: azuremonitor.Entra{Cloud: "Private", Credential: credential}},
			SubscriptionID: "sub", ResourceGroupName: "group", ResourceURI: "Microsoft.ServiceBus/namespaces/shop",
			MetricName: "orders", Aggregation: "Average", TargetValue: 1, ResourceManager: a.HTTPS.URL,
		}, o)
	})
}

// say has the API answer this to who is authentic.
func say(a *azuretest.API, body string) {
	a.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if !a.HasToken(r) {
			return false
		}
		_, _ = io.WriteString(w, body)
		return true
	})
}

func TestWhichPointIsRead(t *testing.T) {
	azuretest.NeedTrust(t)
	a := kit.NewAPI(t)
	for name, c := range map[string]struct {
		more, body string
		value      float64
		minute     int
		note       string
	}{
		"the last":           {"Average", answer(result("orders", point(1, `"average":7`), point(2, `"average":8.5`))), 8.5, 2, ""},
		"one of others":      {"Total", answer(result("orders", point(1, `"average":7,"total":70`))), 70, 1, ""},
		"the last with data": {"Maximum", answer(result("orders", point(1, `"maximum":7`), point(2, `"maximum":null`), point(3, `"count":0`))), 7, 1, ""},
		"zero":               {"Count", answer(result("orders", point(1, `"count":7`), point(2, `"count":0`))), 0, 2, ""},
		"a negative one":     {"Minimum", answer(result("orders", point(1, `"minimum":-7`))), 0, 1, "the value is -7, which counts as 0"},
		"of the first of several series": {
			"Average", answer(`{"name":{"value":"orders"},"timeseries":[` + seriesOf(point(1, `"average":7`)) + "," + seriesOf(point(2, `"average":8`)) + `]}`),
			7, 1, "metric orders has 2 series, of which the first counts",
		},
		"by another name": {"Average", answer(result("Orders (preview)", point(1, `"average":7`))), 7, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := kit.Open(t, a, "orders", values{"metricAggregationType": c.more}, scalerkit.Options{})
			say(a, c.body)
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, scalerkit.Reading{Value: c.value, Note: c.note, Time: time.Date(2026, 11, 28, 10, c.minute, 0, 0, time.UTC)}, r)
		})
	}
}

func TestANegativeValueIsComparedAsItIs(t *testing.T) {
	a := kit.NewAPI(t)
	a.Set("orders", -7)
	for activation, active := range map[string]bool{"-8": true, "-7": false, "-5": false, "0": false} {
		s := kit.Open(t, a, "orders", values{"activationTargetValue": activation}, scalerkit.Options{})
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, active, r.IsActive(s.Metric()), activation)
	}
}

func TestWhatHasNoValue(t *testing.T) {
	a := kit.NewAPI(t)
	s := kit.Open(t, a, "orders", nil, scalerkit.Options{})
	for body, want := range map[string]string{
		answer():                         "the answer does not have the metric",
		answer(result("a"), result("b")): "the answer does not have the metric",
		answer(`{"name":{"value":"orders"},"timeseries":[]}`): "the answer has no series of the metric",
		answer(result("orders")):                              "there is no data point with Average within 5m0s",
		answer(result("orders", point(1, `"total":7`))):       "there is no data point with Average within 5m0s",
		answer(`{"name":{"value":"orders"},"errorCode":"InvalidSeries","errorMessage":"It is throttled"}`): "the answer has no data: InvalidSeries: It is throttled",
	} {
		say(a, body)
		scalertest.WantError(t, s, nil, `read metric "orders": `+want)
	}
	a.Say(nil)
	scalertest.WantError(t, s, nil, `read metric "orders": GET `+a.HTTPS.URL+resource+
		`/providers/Microsoft.Insights/metrics: 400 Bad Request: BadRequest: Failed to find metric configuration for orders`)
}

func TestWhatIsAskedFor(t *testing.T) {
	a := kit.NewAPI(t)
	var asked url.Values
	var path string
	a.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if a.HasToken(r) {
			asked, path = r.URL.Query(), r.URL.Path
			_, _ = io.WriteString(w, answer(result("x", point(1, `"total":1`))))
		}
		return a.HasToken(r)
	})
	s := kit.Open(t, a, "requests/count,all", values{
		"resourceURI": "Microsoft.Storage/storageAccounts/shop/queueServices/default", "metricNamespace": "space", "metricFilter": "ApiName eq 'Get & Put'",
		"metricAggregationInterval": "1:2:3", "metricAggregationType": "Total",
	}, scalerkit.Options{})
	before := time.Now().UTC().Truncate(time.Second)
	scalertest.WantValue(t, s, 1)
	from, to, _ := strings.Cut(asked.Get("timespan"), "/")
	begin, err := time.Parse(time.RFC3339, from)
	require.NoError(t, err)
	end, err := time.Parse(time.RFC3339, to)
	require.NoError(t, err)
	require.Equal(t, time.Hour+2*time.Minute+3*time.Second, end.Sub(begin))
	require.False(t, end.Before(before))
	asked.Del("timespan")
	require.Equal(t, url.Values{
		"api-version": {"2024-02-01"}, "metricnames": {"requests/count%2all"}, "aggregation": {"Total"}, "metricnamespace": {"space"}, "$filter": {"ApiName eq 'Get & Put'"},
	}, asked)
	require.Equal(t, "/subscriptions/sub/resourceGroups/group/providers/Microsoft.Storage/storageAccounts/shop/queueServices/default/providers/Microsoft.Insights/metrics", path)
}

func TestMetricsOfAResourceAreAskedForTogether(t *testing.T) {
	a := kit.NewAPI(t)
	o := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for i := range 25 {
		name := fmt.Sprintf("metric-%d", i)
		a.Set(name, float64(i))
		scalers = append(scalers, kit.Open(t, a, name, nil, o))
	}
	a.Set("filtered", 25)
	scalers = append(scalers, kit.Open(t, a, "filtered", values{"metricFilter": "a eq 'b'"}, o))
	scalers = append(scalers, kit.Open(t, a, "filtered", values{"metricFilter": "a eq 'c'"}, o))
	read := func() {
		for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
			require.NoError(t, r.Err)
			require.Equal(t, float64(min(i, 25)), r.Reading.Value)
		}
	}
	read()
	require.Equal(t, 4, a.Count(), "twenty, five, and one each")
}

// One that does not exist has the service refuse all that are asked for with it.
func TestAMetricThatIsMissingDisturbsNobody(t *testing.T) {
	a := kit.NewAPI(t)
	a.Set("a", 1)
	a.Set("c", 3)
	o := scalerkit.Options{Pool: new(scalerkit.Pool)}
	results := scalerkit.ReadAll(t.Context(), kit.Open(t, a, "a", nil, o), kit.Open(t, a, "b", nil, o), kit.Open(t, a, "c", nil, o))
	require.NoError(t, results[0].Err)
	require.EqualError(t, results[1].Err, `read metric "b": GET `+a.HTTPS.URL+resource+`/providers/Microsoft.Insights/metrics: 400 Bad Request: BadRequest: Failed to find metric configuration for b`)
	require.Equal(t, 3.0, results[2].Reading.Value)
	require.Equal(t, 4, a.Count())

	for _, status := range []int{http.StatusTooManyRequests, http.StatusForbidden, http.StatusInternalServerError} {
		a.Say(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			return true
		})
		for _, r := range scalerkit.ReadAll(t.Context(), kit.Open(t, a, "a", nil, o), kit.Open(t, a, "c", nil, o)) {
			require.ErrorContains(t, r.Err, http.StatusText(status))
		}
		require.Equal(t, 1, a.Count(), "it is not what is asked that is wrong")
	}
}

func TestMistakesAreNamed(t *testing.T) {
	auth := scalerkit.Secrets(values{"activeDirectoryClientId": "c", "activeDirectoryClientPassword": "hunter2"})
	const no = `is no resource: want the namespace of its provider, its type and name, such as Microsoft.ServiceBus/namespaces/shop`
	for want, more := range map[string]values{
		`resourceURI: "namespaces/shop" ` + no:                                                                      {"resourceURI": "namespaces/shop"},
		`resourceURI: "/subscriptions/s" ` + no:                                                                     {"resourceURI": "/subscriptions/s"},
		`resourceURI: "Microsoft.Web/sites/a/slots" ` + no:                                                          {"resourceURI": "Microsoft.Web/sites/a/slots"},
		`metricAggregationInterval: "1:0" is no time span: want hh:mm:ss, and more than nothing`:                    {"metricAggregationInterval": "1:0"},
		`metricAggregationInterval: "0:x:0" is no time span: want hh:mm:ss, and more than nothing`:                  {"metricAggregationInterval": "0:x:0"},
		`metricAggregationInterval: "0:0:0" is no time span: want hh:mm:ss, and more than nothing`:                  {"metricAggregationInterval": "0:0:0"},
		`metricAggregationType: is missing: set it in the metadata`:                                                 {"metricAggregationType": ""},
		`metricAggregationType: "None" is not supported: use one of Average, Count, Maximum, Minimum, Total`:        {"metricAggregationType": "None"},
		`targetValue: "0" is not greater than 0`:                                                                    {"targetValue": "0"},
		`tenantId: is missing: it goes with activeDirectoryClientId`:                                                {"tenantId": ""},
		`cloud: "AzureStackCloud" needs a file that only KEDA reads: use Private, and azureResourceManagerEndpoint`: {"cloud": "AzureStackCloud"},
	} {
		metadata := kit.Metadata("orders")
		maps.Copy(metadata, more)
		_, err := azuremonitor.Driver().Open(scalerkit.Spec{Name: "t", Auth: auth, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `azure-monitor trigger "t": `+want)
	}
	s, err := azuremonitor.Driver().Open(scalerkit.Spec{Auth: auth, Metadata: kit.Metadata("exceptions/count")}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, "azure-monitor-exceptions-count", s.Metric().Name)
	require.NoError(t, s.Close())
}
