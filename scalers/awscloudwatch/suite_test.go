package awscloudwatch_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awscloudwatch"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const wrongSecret = "not-the-secret"

// source describes triggers on a CloudWatch at an address to the suite. They
// read the metadata that name returns for a metric's name.
func source(url string, metadata func(name string) map[string]string, set func(ctx context.Context, name string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		all := map[string]string{
			"awsRegion": awsfake.Region, "awsEndpoint": url, "targetMetricValue": "5", "minMetricValue": "0",
			"ignoreNullValues": "false", "metricStatPeriod": "1", "metricCollectionTime": "60",
		}
		maps.Copy(all, metadata(name))
		return scalertest.Trigger{
			Spec: scalerkit.Spec{Type: "aws-cloudwatch", Name: name, Metadata: all,
				Auth: scalerkit.Secrets(map[string]string{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey})},
			Set: func(ctx context.Context, level float64) error { return set(ctx, name, level) },
		}
	}
	denied := trigger("a").Spec
	denied.Auth = scalerkit.Secrets(values{"awsAccessKeyID": keyID, "awsSecretAccessKey": wrongSecret})
	secure := trigger("a").Spec
	secure.Metadata["awsEndpoint"] = "https://source.example"
	return scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "targetMetricValue",
		ActivationKey: "activationTargetMetricValue",
		Secrets:       []string{secretKey, wrongSecret},
		// Missing stays nil: CloudWatch does not tell a metric that does not
		// exist from one that has no data.
		Denied: &denied,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func metric(name string) map[string]string {
	return map[string]string{"namespace": "AWS/SQS", "metricName": "Visible", "dimensionName": "QueueName", "dimensionValue": name}
}

func metricKey(name string) string { return "AWS/SQS/Visible{QueueName=" + name + "}" }

func expression(name string) map[string]string {
	return map[string]string{"expression": "SELECT MAX(Visible) FROM " + name}
}

func expressionKey(name string) string { return "SELECT MAX(Visible) FROM " + name + "/{}" }

func TestSuiteOnFake(t *testing.T) {
	for kind, c := range map[string]struct {
		metadata func(name string) map[string]string
		key      func(name string) string
	}{
		"Metric":     {metric, metricKey},
		"Expression": {expression, expressionKey},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			suite := scalertest.Suite{Driver: awscloudwatch.Driver(), New: scalertest.Typed(awscloudwatch.New), Start: func(tb testing.TB) scalertest.Source {
				f := newFake(tb)
				return source(f.URL, c.metadata, func(_ context.Context, name string, level float64) error {
					f.set(c.key(name), point{time.Now().Add(-3 * time.Second), level})
					return nil
				})
			}}
			suite.Run(t)
			httpkit.RunOn(t, suite)
		})
	}
}
