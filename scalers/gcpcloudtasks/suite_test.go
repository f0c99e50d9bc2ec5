package gcpcloudtasks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpcloudtasks"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// queue is the time series of a queue's depth.
func queue(name, location string, points ...gcptest.Point) gcptest.Series {
	return gcptest.Series{
		Project: gcptest.Project, Metric: "cloudtasks.googleapis.com/queue/depth", Resource: "cloud_tasks_queue",
		Labels: values{"queue_id": name, "location": location}, Points: points,
	}
}

func at(ago time.Duration, n float64) gcptest.Point {
	return gcptest.Point{Ago: ago, Value: gcptest.Whole(n)}
}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: gcptest.Listing(driver), New: gcptest.Typed(t, scalertest.Typed(gcpcloudtasks.New)), Start: func(tb testing.TB) scalertest.Source {
		m := gcptest.NewMonitoring(tb)
		spec := func(project, name string) scalerkit.Spec {
			return m.Spec(tb, values{"projectID": project, "queueName": name, "value": "5"})
		}
		trigger := func(name string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec(gcptest.Project, name), Set: func(_ context.Context, level float64) error {
				m.Set(queue(name, "europe-west1", at(10*time.Second, level), at(70*time.Second, level+1)))
				return nil
			}}
		}
		missing, throttled := spec(gcptest.Project, "missing"), spec(gcptest.BusyProject, "orders")
		denied := gcptest.WithKey(spec(gcptest.Project, "orders"), m.Authority.Stranger(tb))
		secure := gcptest.WithKey(spec(gcptest.Project, "orders"), gcptest.KeyFor(tb, "https://oauth2.googleapis.com/token"))
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
