package gcppubsub_test

import (
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

const backlog = "pubsub.googleapis.com/subscription/num_undelivered_messages"

// subscription is a time series of a subscription's backlog.
func subscription(name string, points ...gcptest.Point) gcptest.Series {
	return gcptest.Series{
		Project: gcptest.Project, Metric: backlog, Resource: "pubsub_subscription",
		Labels: map[string]string{"subscription_id": name}, Points: points,
	}
}

func TestSuiteOnFake(t *testing.T) {
	gcptest.MonitoringKit{
		Driver: gcppubsub.Driver(), New: scalertest.Typed(gcppubsub.New),
		Metadata: func(project, name string) map[string]string {
			return values{"subscriptionName": "projects/" + project + "/subscriptions/" + name, "value": "5"}
		},
		Series: func(name string, level float64) gcptest.Series {
			return subscription(name, gcptest.Point{Ago: 10 * time.Second, Value: gcptest.Whole(level)}, gcptest.Point{Ago: 70 * time.Second, Value: gcptest.Whole(level + 1)})
		},
		TargetKey: "value", ActivationKey: "activationValue",
	}.Run(t)
}
