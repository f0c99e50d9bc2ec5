package awssqs_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awssqs"
)

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

var (
	queue     = values{"queueURL": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "awsRegion": "eu-west-1"}
	accessKey = values{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey}
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := awssqs.Driver().Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	metric := func(name string, target, activation float64, inFlight bool) scalerkit.Metric {
		return scalerkit.Metric{Name: "aws-sqs-" + name, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: target}, Activation: activation, InFlight: inFlight}
	}
	total := metric("orders", 7, 3, false)
	total.Target.Kind = scalerkit.Total
	environment := scalerkit.Secrets(values{"QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/invoices"})

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a queue with defaults": {
			scalerkit.Spec{Metadata: queue, Auth: scalerkit.Secrets(accessKey)}, metric("orders", 5, 0, true),
		},
		"the documented trigger": {
			scalerkit.Spec{Auth: scalerkit.Secrets(accessKey), Metadata: queue.with(values{
				"queueLength": "5", "activationQueueLength": "0", "awsEndpoint": "", "scaleOnInFlight": "true", "scaleOnDelayed": "false", "identityOwner": "pod"})},
			metric("orders", 5, 0, true),
		},
		"a queue with everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Identity: scalerkit.Identity{Provider: "aws", RoleARN: "r", ExternalID: "x"},
				Metadata: queue.with(values{"queueLength": "7", "activationQueueLength": "3", "awsEndpoint": "http://localhost:4566", "scaleOnInFlight": "f", "scaleOnDelayed": "1"})},
			total,
		},
		"the environment of the workload": {
			scalerkit.Spec{Metadata: values{"queueURLFromEnv": "QUEUE", "awsRegion": "eu-west-1", "identityOwner": "operator"}, Env: environment}, metric("invoices", 5, 0, true),
		},
		"the metadata, which come before the environment": {
			scalerkit.Spec{Metadata: queue.with(values{"queueURLFromEnv": "NONE", "identityOwner": "operator"}), Env: scalerkit.Secrets(values{"NONE": ""})}, metric("orders", 5, 0, true),
		},
		"a name": {
			scalerkit.Spec{Metadata: queue.with(values{"queueURL": "orders"}), Auth: scalerkit.Secrets(accessKey)}, metric("orders", 5, 0, true),
		},
		"the name of a queue that keeps the order": {
			scalerkit.Spec{Metadata: queue.with(values{"queueURL": "Orders_1.fifo"}), Auth: scalerkit.Secrets(accessKey)}, metric("Orders_1-fifo", 5, 0, true),
		},
		"the path of a URL": {
			scalerkit.Spec{Metadata: queue.with(values{"queueURL": "/123456789012/orders"}), Auth: scalerkit.Secrets(accessKey)}, metric("orders", 5, 0, true),
		},
		"a placeholder for the account, as in KEDA's documentation": {
			scalerkit.Spec{Metadata: queue.with(values{"queueURL": "https://sqs.eu-west-1.amazonaws.com/account_id/QueueName"}), Auth: scalerkit.Secrets(accessKey)}, metric("QueueName", 5, 0, true),
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
	say := func(key, problem string) string { return `aws-sqs-queue trigger "t": ` + key + ": " + problem }
	noQueue := say("queueURL", "is not the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/orders: its path has to be the account and the name, and nothing else")

	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"no queue":  {values{"awsRegion": "eu-west-1"}, say("queueURL", "is missing: set it in the metadata, or name an environment variable in queueURLFromEnv")},
		"no region": {values{"queueURL": "orders"}, say("awsRegion", "is missing: set it in the metadata, or let the authentication deliver it")},

		"a target of zero":    {queue.with(values{"queueLength": "0"}), say("queueLength", `"0" is less than 1`)},
		"half a message":      {queue.with(values{"queueLength": "0.5"}), say("queueLength", `"0.5" is not a whole number`)},
		"a flag that is none": {queue.with(values{"scaleOnInFlight": "yes"}), say("scaleOnInFlight", `"yes" is not true or false`)},

		"a URL without a path":          {queue.with(values{"queueURL": "https://sqs.eu-west-1.amazonaws.com"}), noQueue},
		"a URL without an account":      {queue.with(values{"queueURL": "https://sqs.eu-west-1.amazonaws.com/orders"}), noQueue},
		"a URL without a name":          {queue.with(values{"queueURL": "https://sqs.eu-west-1.amazonaws.com/123456789012/"}), noQueue},
		"a URL with a longer path":      {queue.with(values{"queueURL": "http://localhost:4566/queue/123456789012/orders"}), noQueue},
		"a path that begins with a //":  {queue.with(values{"queueURL": "//123456789012/orders"}), noQueue},
		"an ARN":                        {queue.with(values{"queueURL": "arn:aws:sqs:eu-west-1:123456789012:orders"}), noQueue},
		"a URL that is none, in secret": {queue.with(values{"queueURL": "https://user:password@sqs/123456789012/%zz"}), noQueue},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, scalerkit.Spec{Name: "t", Metadata: c.metadata, Auth: scalerkit.Secrets(accessKey)})
			require.EqualError(t, err, c.want)
		})
	}
}
