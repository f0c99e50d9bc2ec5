package gcppubsub_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
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
	suite := scalertest.Suite{Driver: gcptest.Listing(gcppubsub.Driver()), New: gcptest.Typed(t, scalertest.Typed(gcppubsub.New)), Start: func(tb testing.TB) scalertest.Source {
		m := gcptest.NewMonitoring(tb)
		spec := func(name string) scalerkit.Spec { return m.Spec(tb, values{"subscriptionName": name, "value": "5"}) }
		trigger := func(name string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec(name), Set: func(_ context.Context, level float64) error {
				m.Set(subscription(name, gcptest.Point{Ago: 10 * time.Second, Value: gcptest.Whole(level)}, gcptest.Point{Ago: 70 * time.Second, Value: gcptest.Whole(level + 1)}))
				return nil
			}}
		}
		missing, denied, secure, throttled := spec("missing"), spec("orders"), spec("orders"), spec("projects/"+gcptest.BusyProject+"/subscriptions/orders")
		denied = gcptest.WithKey(denied, m.Authority.Stranger(tb))
		secure = gcptest.WithKey(secure, gcptest.KeyFor(tb, "https://oauth2.googleapis.com/token"))
		return scalertest.Source{
			Trigger: trigger("orders"), TargetKey: "value", ActivationKey: "activationValue",
			Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
			Secrets:  []string{"of-google", "PRIVATE KEY"},
			MaxConns: 20, // 16 for lists, and those to the authority
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}
