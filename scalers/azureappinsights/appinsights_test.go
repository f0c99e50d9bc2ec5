package azureappinsights_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureappinsights"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

const metrics = "/v1/apps/app/metrics"

// kit plays the API, whose things are metrics of one application.
var kit = azuretest.APIKit{
	Driver: azureappinsights.Driver(), New: scalertest.Typed(azureappinsights.New), Missing: true,
	URLKey: "appInsightsResourceURL", TargetKey: "targetValue", ActivationKey: "activationTargetValue",
	Metadata: func(metric string) map[string]string {
		return values{
			"applicationInsightsId": "app", "metricId": "customMetrics/" + metric, "metricAggregationTimespan": "0:5",
			"metricAggregationType": "avg", "targetValue": "5",
		}
	},
	Serve: func(w http.ResponseWriter, r *http.Request, levels map[string]float64) {
		if r.Method == http.MethodPost && r.URL.Path == metrics {
			serveAll(w, r, levels)
			return
		}
		query := r.URL.Query()
		status, body := one(strings.TrimPrefix(r.URL.Path, metrics+"/"), query.Get("aggregation"), query.Get("timespan"), levels)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	},
}

// one returns what there is to say of one metric.
func one(metric, aggregation, window string, levels map[string]float64) (status int, body string) {
	level, exists := levels[strings.TrimPrefix(metric, "customMetrics/")]
	switch {
	case !exists:
		return http.StatusNotFound, `{"error":{"code":"MetricNotFoundError","message":"There is no such metric"}}`
	case window != "PT5M":
		return http.StatusBadRequest, `{"error":{"code":"BadArgumentError","message":"This is no timespan"}}`
	}
	return http.StatusOK, value(metric, fmt.Sprintf(`{%q:%v}`, aggregation, level))
}

func value(metric, of string) string {
	return fmt.Sprintf(`{"value":{"start":"2026-11-28T10:00:00Z","end":"2026-11-28T10:05:00Z",%q:%s}}`, metric, of)
}

func serveAll(w http.ResponseWriter, r *http.Request, levels map[string]float64) {
	var questions []struct {
		ID         string
		Parameters struct {
			MetricID, Timespan, Filter string
			Aggregation                []string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&questions); err != nil || r.Header.Get("Content-Type") != "application/json" {
		azuretest.RefuseAPI(w, http.StatusBadRequest, "BadArgumentError", "The request had some invalid properties")
		return
	}
	var all []string
	for _, q := range questions {
		status, body := one(q.Parameters.MetricID, strings.Join(q.Parameters.Aggregation, ","), q.Parameters.Timespan, levels)
		all = append(all, fmt.Sprintf(`{"id":%q,"status":%d,"body":%s}`, q.ID, status, body))
	}
	fmt.Fprintf(w, "[%s]", strings.Join(all, ","))
}

func TestSuite(t *testing.T) {
	kit.Run(t, func(a *azuretest.API, credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		return azureappinsights.New(azureappinsights.Config{
			API:                   azureappinsights.API{Entra: azureappinsights.Entra{Cloud: "Private", Credential: credential}},
			ApplicationInsightsID: "app", MetricID: "customMetrics/orders", Timespan: "0:5", Aggregation: "avg", TargetValue: 1,
			ResourceURL: a.HTTPS.URL,
		}, o)
	})
}

// Of each body, what it is without and with ignoreNullValues.
func TestWhatIsAValue(t *testing.T) {
	azuretest.NeedTrust(t)
	const read, null, note = `read avg of metric "customMetrics/orders": `, "it has no value", "metric customMetrics/orders has no value, which counts as 0"
	a := kit.NewAPI(t)
	strict := kit.Open(t, a, "orders", nil, scalerkit.Options{})
	lenient := kit.Open(t, a, "orders", values{"ignoreNullValues": "true"}, scalerkit.Options{})
	for body, c := range map[string]struct {
		value       float64
		err         string
		note        string
		alsoLenient bool
	}{
		value("customMetrics/orders", `{"avg":1.5}`):     {value: 1.5},
		value("customMetrics/orders", `{"avg":0}`):       {value: 0},
		value("customMetrics/orders", `{"avg":-7}`):      {value: 0, note: "the value is -7, which counts as 0"},
		value("customMetrics/orders", `{"avg":null}`):    {err: null},
		value("customMetrics/orders", `{"sum":1}`):       {err: null},
		value("customMetrics/orders", `null`):            {err: null},
		value("customMetrics/others", `{"avg":1}`):       {err: null},
		value("customMetrics/orders", `7`):               {err: "the answer has no aggregations of the metric", alsoLenient: true},
		value("customMetrics/orders", `{"avg":"seven"}`): {err: "the answer has what is no number", alsoLenient: true},
		`{}`:             {err: "the answer has no value", alsoLenient: true},
		`{"value":null}`: {err: "the answer has no value", alsoLenient: true},
	} {
		a.Say(func(w http.ResponseWriter, r *http.Request) bool {
			if !a.HasToken(r) {
				return false
			}
			_, _ = io.WriteString(w, body)
			return true
		})
		if c.err == "" {
			r, err := strict.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.value, r.Value)
			require.Equal(t, c.note, r.Note)
			continue
		}
		scalertest.WantError(t, strict, nil, read+c.err)
		if c.alsoLenient {
			scalertest.WantError(t, lenient, nil, read+c.err)
			continue
		}
		r, err := lenient.Read(t.Context())
		require.NoError(t, err, body)
		require.Zero(t, r.Value)
		require.Equal(t, note, r.Note)
	}
}

func TestWhatIsAskedFor(t *testing.T) {
	a := kit.NewAPI(t)
	var asked []string
	a.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if a.HasToken(r) {
			asked = append(asked, r.URL.RequestURI())
			_, _ = io.WriteString(w, `{"value":{"requests/a b":{"sum":1}}}`)
		}
		return a.HasToken(r)
	})
	for filter, want := range map[string]string{
		"":                              "",
		"cloud/roleName eq 'a & b'":     "&filter=cloud%2FroleName+eq+%27a+%26+b%27",
		"cloud/roleName%20eq%20%27a%27": "&filter=cloud%2FroleName+eq+%27a%27",
		"share gt '50%'":                "&filter=share+gt+%2750%25%27",
	} {
		asked = nil
		scalertest.WantValue(t, kit.Open(t, a, "", values{
			"metricId": "requests/a b", "metricFilter": filter, "metricAggregationType": "sum", "metricAggregationTimespan": "01:30",
		}, scalerkit.Options{}), 1)
		require.Equal(t, []string{metrics + "/requests/a%20b?aggregation=sum" + want + "&timespan=PT90M"}, asked)
	}
}

func TestMetricsOfAnApplicationAreAskedForTogether(t *testing.T) {
	a := kit.NewAPI(t)
	o := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for i := range 25 {
		name := fmt.Sprintf("metric-%d", i)
		a.Set(name, float64(i))
		scalers = append(scalers, kit.Open(t, a, name, nil, o))
	}
	scalers = append(scalers, kit.Open(t, a, "missing", nil, o))
	scalers = append(scalers, kit.Open(t, a, "metric-0", values{"metricAggregationTimespan": "0:6"}, o))
	read := func() {
		t.Helper()
		for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
			switch i {
			case 25:
				require.ErrorIs(t, r.Err, scalerkit.ErrNotFound)
			case 26:
				require.ErrorContains(t, r.Err, `400 Bad Request: BadArgumentError: This is no timespan`)
			default:
				require.NoError(t, r.Err)
				require.Equal(t, float64(i), r.Reading.Value)
			}
		}
	}
	read()
	require.Equal(t, 2, a.Count())

	a.Say(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return true
	})
	read()
	require.Equal(t, 2+27, a.Count(), "each is asked for alone")

	a.Say(func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.WriteString(w, `[]`)
		return true
	})
	for _, r := range scalerkit.ReadAll(t.Context(), scalers[:2]...) {
		require.ErrorContains(t, r.Err, "the answer does not have it")
	}
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{"ID": "c", "PASSWORD": "hunter2", "APP": "app", "TENANT": "t"})
	s, err := azureappinsights.Driver().Open(scalerkit.Spec{Env: env, Metadata: values{
		"metricAggregationTimespan": "0:1", "metricAggregationType": "avg", "metricFilter": "cloud/roleName eq 'role_name'",
		"metricId": "customMetrics/example-metric", "targetValue": "1.5", "activationTargetValue": "5.5",
		"activeDirectoryClientIdFromEnv": "ID", "activeDirectoryClientPasswordFromEnv": "PASSWORD", "applicationInsightsIdFromEnv": "APP", "tenantIdFromEnv": "TENANT",
		"cloud": "Private", "appInsightsResourceURL": "https://host.example.com/", "activeDirectoryEndpoint": "https://login.airgap.example/", "ignoreNullValues": "true",
	}}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{Name: "azure-app-insights-customMetrics-example-metric", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1.5}, Activation: 5.5}, s.Metric())
	require.NoError(t, s.Close())
}

func TestMistakesAreNamed(t *testing.T) {
	auth := scalerkit.Secrets(values{"activeDirectoryClientId": "c", "activeDirectoryClientPassword": "hunter2", "tenantId": "t"})
	for want, more := range map[string]values{
		`metricAggregationTimespan: "0:5:0" is no time span: want hh:mm, and more than nothing`:                 {"metricAggregationTimespan": "0:5:0"},
		`metricAggregationTimespan: "-1:0" is no time span: want hh:mm, and more than nothing`:                  {"metricAggregationTimespan": "-1:0"},
		`metricAggregationTimespan: "0:0" is no time span: want hh:mm, and more than nothing`:                   {"metricAggregationTimespan": "0:0"},
		`metricAggregationTimespan: is missing: set it in the metadata`:                                         {"metricAggregationTimespan": ""},
		`metricAggregationType: "average" is not one of avg, count, max, min, sum, unique`:                      {"metricAggregationType": "average"},
		`targetValue: "0" is not greater than 0`:                                                                {"targetValue": "0"},
		`appInsightsResourceURL: is missing: the cloud Private needs it, a URL such as https://api.example.com`: {"cloud": "Private", "activeDirectoryEndpoint": "https://login.example.com"},
	} {
		metadata := kit.Metadata("orders")
		maps.Copy(metadata, more)
		_, err := azureappinsights.Driver().Open(scalerkit.Spec{Name: "t", Auth: auth, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `azure-app-insights trigger "t": `+want)
	}
}
