package telemetry_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/hpa"
	drivers "github.com/scalerkit/scalerkit/scalers/all"
)

var (
	web    = scalerkit.Key{Namespace: "shop", Name: "web"}
	export = scalerkit.Key{Namespace: "shop", Name: "job/export"}
)

func webObject() telemetry.Object {
	return telemetry.Object{
		Kind: telemetry.ScaledObject, Namespace: "shop", Name: "web",
		Triggers: []telemetry.Trigger{
			{Index: 0, Type: "cpu"},
			{Index: 1, Type: "redis-streams", Metric: "s1-redis-streams-orders", Sample: "redis-streams-orders"},
			{Index: 2, Type: "rabbitmq", Name: "returns", Metric: "s2-rabbitmq-returns", Sample: "returns"},
		},
	}
}

// scrape returns what Prometheus would, without comments. With names, it is
// only those metrics.
func scrape(t *testing.T, tel *telemetry.Telemetry, names ...string) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(tel))
	families, err := registry.Gather()
	require.NoError(t, err)
	var text strings.Builder
	for _, f := range families {
		if len(names) == 0 || slices.Contains(names, f.GetName()) {
			_, err := expfmt.MetricFamilyToText(&text, f)
			require.NoError(t, err)
		}
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

func TestARoundOfAScaledObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := telemetry.New("1.0.0", "abc")
		tel.Drivers = drivers.Registry()
		tel.Set(web, webObject())
		now := time.Now()
		time.Sleep(3 * time.Second)
		tel.Exchanged(control.Exchange{Duration: 20 * time.Millisecond, Triggers: 1, All: all(web, "redis-streams-orders")})
		tel.Observe(control.Round{
			Key: web, Time: now.Add(time.Second), Decided: true, Current: 2,
			Samples: []autoscale.Sample{
				{Trigger: "redis-streams-orders", Reading: scalerkit.Reading{Value: 50, Time: now}},
				{Trigger: "returns", Err: errors.New("connection refused")},
			},
			Decision: autoscale.Decision{Replicas: 10, Steps: []autoscale.Step{
				{Rule: autoscale.RuleMetric}, {Rule: autoscale.RuleFailed}, {Rule: autoscale.RuleTooManyReplicas},
			}},
		})
		assert.Equal(t, strings.TrimSpace(`
keda_internal_scale_loop_latency_seconds{namespace="shop",resource="web",type="scaledobject"} 2
keda_resource_registered_total{namespace="shop",type="scaled_object"} 1
keda_scaled_object_errors_total{namespace="shop",scaledObject="web"} 1
keda_scaled_object_paused{namespace="shop",scaledObject="web"} 0
keda_scaler_active{metric="s1-redis-streams-orders",namespace="shop",scaledObject="web",scaler="redisStreamsScaler",triggerIndex="1",type="scaledobject"} 1
keda_scaler_detail_errors_total{metric="s1-redis-streams-orders",namespace="shop",scaledObject="web",scaler="redisStreamsScaler",triggerIndex="1",type="scaledobject"} 0
keda_scaler_detail_errors_total{metric="s2-rabbitmq-returns",namespace="shop",scaledObject="web",scaler="returns",triggerIndex="2",type="scaledobject"} 1
keda_scaler_metrics_latency_seconds{metric="s1-redis-streams-orders",namespace="shop",scaledObject="web",scaler="redisStreamsScaler",triggerIndex="1",type="scaledobject"} 0.02
keda_scaler_metrics_value{metric="s1-redis-streams-orders",namespace="shop",scaledObject="web",scaler="redisStreamsScaler",triggerIndex="1",type="scaledobject"} 50
keda_trigger_registered_total{type="cpu"} 1
keda_trigger_registered_total{type="rabbitmq"} 1
keda_trigger_registered_total{type="redis-streams"} 1
scalerkit_decision_steps_total{rule="Failed"} 1
scalerkit_decision_steps_total{rule="Metric"} 1
scalerkit_decision_steps_total{rule="TooManyReplicas"} 1
scalerkit_reading_age_seconds{metric="s1-redis-streams-orders",namespace="shop",scaledObject="web",scaler="redisStreamsScaler",triggerIndex="1",type="scaledobject"} 3
scalerkit_rounds_total{outcome="changed",type="scaledobject"} 1`), ofObjects(t, tel))

		o := webObject()
		o.Paused, o.Triggers = true, o.Triggers[:1]
		tel.Set(web, o)
		tel.Failed(web)
		assert.Equal(t, strings.TrimSpace(`
keda_internal_scale_loop_latency_seconds{namespace="shop",resource="web",type="scaledobject"} 2
keda_resource_registered_total{namespace="shop",type="scaled_object"} 1
keda_scaled_object_errors_total{namespace="shop",scaledObject="web"} 2
keda_scaled_object_paused{namespace="shop",scaledObject="web"} 1
keda_trigger_registered_total{type="cpu"} 1
scalerkit_decision_steps_total{rule="Failed"} 1
scalerkit_decision_steps_total{rule="Metric"} 1
scalerkit_decision_steps_total{rule="TooManyReplicas"} 1
scalerkit_rounds_total{outcome="changed",type="scaledobject"} 1`), ofObjects(t, tel))

		tel.Delete(web)
		assert.Equal(t, strings.TrimSpace(`
scalerkit_decision_steps_total{rule="Failed"} 1
scalerkit_decision_steps_total{rule="Metric"} 1
scalerkit_decision_steps_total{rule="TooManyReplicas"} 1
scalerkit_rounds_total{outcome="changed",type="scaledobject"} 1`), ofObjects(t, tel))
	})
}

// ofObjects leaves out what does not concern objects.
func ofObjects(t *testing.T, tel *telemetry.Telemetry) string {
	t.Helper()
	return strings.Join(slices.DeleteFunc(strings.Split(scrape(t, tel), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "scalerkit_exchange") || strings.HasPrefix(line, "scalerkit_metrics_api") ||
			strings.HasPrefix(line, "keda_build_info")
	}), "\n")
}

func all(key scalerkit.Key, triggers ...string) func(func(scalerkit.Key, string) bool) {
	return func(yield func(scalerkit.Key, string) bool) {
		for _, trigger := range triggers {
			if !yield(key, trigger) {
				return
			}
		}
	}
}

func TestARoundOfAScaledJob(t *testing.T) {
	tel := telemetry.New("", "")
	tel.Drivers = drivers.Registry()
	tel.Set(export, telemetry.Object{
		Kind: telemetry.ScaledJob, Namespace: "shop", Name: "export",
		Triggers: []telemetry.Trigger{{Type: "redis-cluster", Metric: "s0-redis-orders", Sample: "redis-orders"}},
	})
	tel.Observe(control.Round{
		Key: export, Time: time.Now().Add(time.Minute), Decided: true, Created: 3,
		Samples: []autoscale.Sample{{Trigger: "redis-orders", Reading: scalerkit.Reading{Value: 0}}},
		Job:     autoscale.JobDecision{Create: 4, Steps: []autoscale.JobStep{{Rule: autoscale.RuleStrategy}}},
		Err:     errors.New("create jobs: quota"),
	})
	assert.Equal(t, strings.TrimSpace(`
keda_internal_scale_loop_latency_seconds{namespace="shop",resource="export",type="scaledjob"} 0
keda_resource_registered_total{namespace="shop",type="scaled_job"} 1
keda_scaled_job_errors_total{namespace="shop",scaledJob="export"} 1
keda_scaler_active{metric="s0-redis-orders",namespace="shop",scaledObject="export",scaler="redisScaler",triggerIndex="0",type="scaledjob"} 0
keda_scaler_detail_errors_total{metric="s0-redis-orders",namespace="shop",scaledObject="export",scaler="redisScaler",triggerIndex="0",type="scaledjob"} 0
keda_scaler_metrics_value{metric="s0-redis-orders",namespace="shop",scaledObject="export",scaler="redisScaler",triggerIndex="0",type="scaledjob"} 0
keda_trigger_registered_total{type="redis-cluster"} 1
scalerkit_decision_steps_total{rule="Strategy"} 1
scalerkit_jobs_created_total{namespace="shop",scaledJob="export"} 3
scalerkit_rounds_total{outcome="failed",type="scaledjob"} 1`), ofObjects(t, tel))
}

func TestAFormulaIsKEDAsCompositeMetric(t *testing.T) {
	tel := telemetry.New("", "")
	o := webObject()
	o.Formula = true
	tel.Set(web, o)
	triggers := []autoscale.TriggerOutcome{
		{Rule: autoscale.RuleInput, Trigger: "returns", Known: true, Value: 1},
		{Rule: autoscale.RuleMetric, Trigger: autoscale.Formula, Known: true, Active: true, Value: 7.5},
	}
	tel.Observe(control.Round{Key: web, Decided: true, Decision: autoscale.Decision{Triggers: triggers}})
	const labels = `{metric="composite-metric",namespace="shop",scaledObject="web",scaler="composite-metric",triggerIndex="0",type="scaledobject"}`
	names := []string{"keda_scaler_active", "keda_scaler_metrics_value", "keda_scaler_detail_errors_total"}
	assert.Equal(t, "keda_scaler_active"+labels+" 1\nkeda_scaler_detail_errors_total"+labels+" 0\nkeda_scaler_metrics_value"+labels+" 7.5",
		scrape(t, tel, names...))

	triggers[1] = autoscale.TriggerOutcome{Rule: autoscale.RuleFailed, Trigger: autoscale.Formula, Err: "nil", Failures: 1}
	tel.Observe(control.Round{Key: web, Decided: true, Decision: autoscale.Decision{Triggers: triggers}})
	assert.Equal(t, "keda_scaler_detail_errors_total"+labels+" 1", scrape(t, tel, names...))
}

func TestWhatConcernsNoObject(t *testing.T) {
	tel := telemetry.New("1.0.0", "abc")
	tel.Connections = func() int { return 2 }
	tel.Exchanged(control.Exchange{Duration: time.Second, Triggers: 1000, All: all(web)})
	tel.Exchanged(control.Exchange{Duration: time.Second, Triggers: 1, All: all(web), Err: errors.New("down")})
	tel.Requested(hpa.Request{Code: 200, Duration: time.Millisecond, Age: 4 * time.Second})
	tel.Requested(hpa.Request{Code: 503, Duration: time.Millisecond})
	tel.Validated("shop", "create", nil)
	tel.Validated("shop", "update", []string{"incorrect-replicas", "other-hpa"})
	tel.SetAuthentication("shop", "redis")
	tel.SetAuthentication("shop", "redis")
	tel.SetAuthentication("", "redis")
	tel.SetAuthentication("", "vault")
	tel.DeleteAuthentication("", "vault")
	tel.Observe(control.Round{Key: web}) // of an object that was deleted meanwhile

	text := scrape(t, tel)
	assert.Contains(t, text, `git_commit="abc"`)
	assert.Equal(t, strings.TrimSpace(`
keda_resource_registered_total{namespace="",type="cluster_trigger_authentication"} 1
keda_resource_registered_total{namespace="shop",type="trigger_authentication"} 1
keda_webhook_scaled_object_validation_errors_total{action="update",namespace="shop",reason="incorrect-replicas"} 1
keda_webhook_scaled_object_validation_errors_total{action="update",namespace="shop",reason="other-hpa"} 1
keda_webhook_scaled_object_validations_total{action="create",namespace="shop"} 1
keda_webhook_scaled_object_validations_total{action="update",namespace="shop"} 1
scalerkit_connections 2
scalerkit_exchanges_total{outcome="answered"} 1
scalerkit_exchanges_total{outcome="failed"} 1
scalerkit_metrics_api_requests_total{code="200"} 1
scalerkit_metrics_api_requests_total{code="503"} 1`), strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.Contains(line, "_bucket") || strings.Contains(line, "_sum") || strings.Contains(line, "_count") ||
			strings.HasPrefix(line, "keda_build_info")
	}), "\n"))
	assert.Contains(t, text, "scalerkit_exchange_triggers_sum 1001")
	assert.Contains(t, text, "scalerkit_metrics_api_value_age_seconds_sum 4")
}

func TestKEDAsNamesOfScalers(t *testing.T) {
	want := map[string]string{
		"redis":              "redisScaler",
		"redis-sentinel":     "redisScaler",
		"redis-streams":      "redisStreamsScaler",
		"influxdb":           "influxDBScaler",
		"kafka":              "kafkaScaler",
		"apache-kafka":       "apacheKafkaScaler",
		"rabbitmq":           "rabbitMQScaler",
		"azure-servicebus":   "azureServiceBusScaler",
		"aws-kinesis-stream": "awsKinesisStreamScaler",
		"aws-sqs-queue":      "awsSqsQueueScaler",
		"metrics-api":        "metricsAPIScaler",
		"mssql":              "mssqlScaler",
		"mysql":              "mySQLScaler",
		"new-relic":          "newrelicScaler",
		"gcp-cloudtasks":     "gcpCloudTasksScaler",
		"gcp-pubsub":         "pubsubScaler",
		"gcp-stackdriver":    "stackdriverScaler",
		"gcp-storage":        "gcsScaler",
		"postgresql":         "postgreSQLScaler",
		"unheard-of":         "unheard-of",

		"aws-dynamodb":         "awsDynamoDBScaler",
		"aws-dynamodb-streams": "awsDynamoDBStreamsScaler",
	}
	tel := telemetry.New("", "")
	tel.Drivers = drivers.Registry()
	for i, typ := range slices.Sorted(maps.Keys(want)) {
		key := scalerkit.Key{Name: typ}
		tel.Set(key, telemetry.Object{Kind: telemetry.ScaledObject, Name: typ, Triggers: []telemetry.Trigger{{Type: typ, Index: i, Sample: typ}}})
		tel.Observe(control.Round{Key: key, Samples: []autoscale.Sample{{Trigger: typ, Err: errors.New("down")}}})
	}
	text := scrape(t, tel, "keda_scaler_detail_errors_total")
	for typ, name := range want {
		assert.Contains(t, text, `scaledObject="`+typ+`",scaler="`+name+`"`)
	}
}

func TestNamesAndHelpAreAsPrometheusWantsThem(t *testing.T) {
	tel := telemetry.New("1.0.0", "abc")
	tel.Set(web, webObject())
	tel.Observe(control.Round{Key: web, Samples: []autoscale.Sample{{Trigger: "returns"}}})
	problems, err := testutil.CollectAndLint(tel)
	require.NoError(t, err)
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "scalerkit_") { // the others are KEDA's names
			assert.Equal(t, "label names should be written in 'snake_case' not 'camelCase'", p.Text, p.Metric) // KEDA's labels
		}
	}
}
