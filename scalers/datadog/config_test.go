package datadog_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/datadog"
)

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `datadog trigger "orders": `
	keys := values{"apiKey": "api-secret", "appKey": "app-secret"}
	agent := values{"useClusterAgentProxy": "true", "datadogMetricName": "m", "datadogMetricNamespace": "n"}
	for want, c := range map[string]struct{ metadata, auth values }{
		trigger + "apiKey: is missing: queries need it\n" + trigger + "appKey: is missing: queries need it": {metadata: values{"query": "a{*}"}},
		trigger + "query: is missing: it says what is read, unless useClusterAgentProxy is true":            {auth: keys},
		trigger + "query: has no scope, such as {*} in sum:a{*}":                                            {metadata: values{"query": "sum:a"}, auth: keys},
		trigger + `queryAggregator: "sum" is not one of average, max`:                                       {metadata: values{"query": "a{*}", "queryAggregator": "sum"}, auth: keys},
		trigger + `type: "total" is not one of average, global`:                                             {metadata: values{"query": "a{*}", "type": "total"}, auth: keys},
		trigger + `datadogSite: is neither a site, such as datadoghq.eu, nor the URL of its API`:            {metadata: values{"query": "a{*}"}, auth: values{"apiKey": "api-secret", "appKey": "app-secret", "datadogSite": "ftp://a"}},
		trigger + "datadogMetricsService: is missing: the Cluster Agent needs it\n" +
			trigger + "datadogNamespace: is missing: the Cluster Agent needs it": {metadata: agent},
		trigger + "token: is missing: authMode bearer needs it": {metadata: agent, auth: values{"datadogMetricsService": "s", "datadogNamespace": "n", "authMode": "bearer"}},
		trigger + `authMode: is not one of bearer`:              {metadata: agent, auth: values{"datadogMetricsService": "s", "datadogNamespace": "n", "authMode": "basic"}},
	} {
		metadata := values{"targetValue": "5"}
		maps.Copy(metadata, c.metadata)
		_, err := datadog.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

// Manifests have keys that never were of effect, or of the other way.
func TestWhatIsTolerated(t *testing.T) {
	var warnings []string
	s, err := datadog.Driver().Open(scalerkit.Spec{
		Metadata:   values{"query": "per_second(sum:http.requests{a:b}),avg:x{*}", "queryValue": "7.75", "type": "Global", "activationTargetValue": "1.1"},
		Auth:       scalerkit.Secrets(values{"apiKey": "api-secret", "appKey": "app-secret", "datadogSite": "ap1.datadoghq.com"}),
		MetricType: scalerkit.Total,
	}, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warnings = append(warnings, e.Error()) }})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "datadog-per_second-sum-http-requests", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7.75}, Activation: 1.1,
	}, s.Metric())
	require.NoError(t, s.Close())
	require.Equal(t, []string{"datadog trigger: type: has no effect: set the metricType of the trigger"}, warnings)
}
