package awscloudwatch_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
)

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

func (v values) without(key string) values {
	v = maps.Clone(v)
	delete(v, key)
	return v
}

var (
	// queue is a trigger on a metric as users write it.
	queue = values{
		"namespace":         "AWS/SQS",
		"dimensionName":     "QueueName",
		"dimensionValue":    "keda",
		"metricName":        "ApproximateNumberOfMessagesVisible",
		"targetMetricValue": "2.1",
		"minMetricValue":    "1.5",
		"awsRegion":         "eu-west-1",
	}
	insights = values{
		"expression":        `SELECT MAX("ApproximateNumberOfMessagesVisible") FROM "AWS/SQS" WHERE QueueName = 'keda'`,
		"targetMetricValue": "2",
		"minMetricValue":    "0",
		"awsRegion":         "eu-west-1",
	}
	accessKey = values{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey}
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := awscloudwatch.Driver().Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	perReplica := func(value float64) scalerkit.Metric {
		return scalerkit.Metric{Name: "aws-cloudwatch", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}}
	}
	everything := perReplica(7)
	everything.Target.Kind, everything.Activation = scalerkit.Total, 3.5

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a metric with defaults": {
			scalerkit.Spec{Metadata: queue, Auth: scalerkit.Secrets(accessKey)}, perReplica(2.1),
		},
		"a metric with everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Auth: scalerkit.Secrets(accessKey), Metadata: queue.with(values{
				"dimensionName": "LoadBalancer;TargetGroup", "dimensionValue": "app/lb/1;targetgroup/tg/2",
				"targetMetricValue": "7", "activationTargetMetricValue": "3.5", "ignoreNullValues": "false",
				"metricCollectionTime": "600", "metricStat": "p99.9", "metricStatPeriod": "60", "metricUnit": "Count",
				"metricEndTimeOffset": "-60", "awsAccountId": "123456789012", "identityOwner": "pod", "awsEndpoint": "http://localhost:4566"})},
			everything,
		},
		"the documented trigger, with an expression beside the metric": {
			scalerkit.Spec{Auth: scalerkit.Secrets(accessKey), Metadata: queue.with(values{
				"expression":                  `SELECT MAX("ApproximateNumberOfMessagesVisible") FROM "AWS/SQS" WHERE QueueName = 'keda'`,
				"targetMetricValue":           "2.1",
				"activationTargetMetricValue": "0",
				"minMetricValue":              "1.5",
				"ignoreNullValues":            "false",
				"awsEndpoint":                 "",
				"metricCollectionTime":        "300",
				"metricStat":                  "Average",
				"metricStatPeriod":            "300",
				"metricUnit":                  "Count",
				"metricEndTimeOffset":         "60",
				"identityOwner":               "pod",
			})},
			perReplica(2.1),
		},
		"a metric without dimensions": {
			scalerkit.Spec{Metadata: queue.without("dimensionName").without("dimensionValue"), Auth: scalerkit.Secrets(accessKey)}, perReplica(2.1),
		},
		"an expression": {
			scalerkit.Spec{Metadata: insights, Identity: scalerkit.Identity{Provider: "aws"}}, perReplica(2),
		},
		"an expression beside which the rest does not matter": {
			scalerkit.Spec{Metadata: insights.with(values{"dimensionName": "a;b", "dimensionValue": "c", "metricUnit": "Messages"}), Auth: scalerkit.Secrets(accessKey)}, perReplica(2),
		},
		"a high resolution": {
			scalerkit.Spec{Metadata: queue.with(values{"metricStatPeriod": "10", "metricCollectionTime": "30"}), Auth: scalerkit.Secrets(accessKey)}, perReplica(2.1),
		},
		"an access key from the environment of the workload": {
			scalerkit.Spec{Metadata: queue.with(values{"awsAccessKeyIDFromEnv": "ID", "awsSecretAccessKeyFromEnv": "SECRET"}),
				Env: scalerkit.Secrets(values{"ID": "ID", "SECRET": "SECRET"})}, perReplica(2.1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := open(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const incomplete = "is missing: a metric takes namespace and metricName, and its dimensions in dimensionName and dimensionValue, if it has any; or give an expression"
	say := func(key, problem string) string { return `aws-cloudwatch trigger "t": ` + key + ": " + problem }

	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"nothing to read": {
			insights.without("expression"),
			say("namespace", incomplete) + "\n" + say("metricName", incomplete),
		},
		"no namespace":       {queue.without("namespace"), say("namespace", incomplete)},
		"no metric":          {queue.without("metricName"), say("metricName", incomplete)},
		"no dimension":       {queue.without("dimensionName"), say("dimensionName", "is missing: dimensionValue has values, and each needs its name")},
		"no dimension value": {queue.without("dimensionValue"), say("dimensionValue", "is missing: dimensionName has names, and each needs its value")},
		"dimensions that do not match": {
			queue.with(values{"dimensionName": "a;b", "dimensionValue": "c"}),
			say("dimensionValue", "has 1 values, but dimensionName has 2 names: each name needs its value"),
		},
		"dimensions with commas": {
			queue.with(values{"dimensionName": "a;b", "dimensionValue": "c,d"}),
			say("dimensionValue", "has 1 values, but dimensionName has 2 names: each name needs its value"),
		},
		"an empty dimension": {
			queue.with(values{"dimensionName": "a;", "dimensionValue": "c;;"}),
			say("dimensionValue", "has 3 values, but dimensionName has 2 names: each name needs its value") + "\n" +
				say("dimensionName", "has an empty name"),
		},
		"no target": {queue.without("targetMetricValue"), say("targetMetricValue", "is missing: set it in the metadata")},
		"a target of zero": {
			queue.with(values{"targetMetricValue": "0"}), say("targetMetricValue", `"0" is not greater than 0`),
		},
		"no value for no data": {queue.without("minMetricValue"), say("minMetricValue", "is missing: set it in the metadata")},
		"a unit that does not exist": {
			queue.with(values{"metricUnit": "count"}),
			say("metricUnit", `"count" is not one of Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None`),
		},
		"a period that does not exist": {
			queue.with(values{"metricStatPeriod": "45", "metricCollectionTime": "90"}),
			say("metricStatPeriod", "45 is not 1, 5, 10, 30 or a multiple of 60"),
		},
		"a period of nothing": {
			queue.with(values{"metricStatPeriod": "0"}), say("metricStatPeriod", `"0" is less than 1`),
		},
		"a window that is no multiple of the period": {
			queue.with(values{"metricCollectionTime": "400"}),
			say("metricCollectionTime", "400 is not a multiple of metricStatPeriod, which is 300"),
		},
		"a window of a fraction of the default period": {
			queue.with(values{"metricCollectionTime": "60"}),
			say("metricCollectionTime", "60 is not a multiple of metricStatPeriod, which is 300"),
		},
		"a window of nothing": {
			queue.with(values{"metricCollectionTime": "0"}), say("metricCollectionTime", `"0" is less than 1`),
		},
		"a bool that is none": {
			queue.with(values{"ignoreNullValues": "no"}), say("ignoreNullValues", `"no" is not true or false`),
		},
		"a typo": {
			queue.without("metricName").with(values{"metricname": "m"}),
			say("metricname", `is not a parameter of this trigger type; did you mean "metricName"?`) + "\n" + say("metricName", incomplete),
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, scalerkit.Spec{Name: "t", Metadata: c.metadata, Auth: scalerkit.Secrets(accessKey)})
			require.EqualError(t, err, c.want)
		})
	}
}
