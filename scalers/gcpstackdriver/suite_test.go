package gcpstackdriver_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpstackdriver"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// requests is a time series of requests to a backend.
func requests(backend string, value float64) gcptest.Series {
	return gcptest.Series{
		Project: gcptest.Project, Metric: "example.com/requests", Resource: "backend", Labels: values{"backend": backend},
		Points: []gcptest.Point{{Ago: 10 * time.Second, Value: gcptest.Whole(value)}, {Ago: 70 * time.Second, Value: gcptest.Whole(value + 1)}},
	}
}

func filter(backend string) string {
	return fmt.Sprintf(`metric.type="example.com/requests" AND resource.label.backend=%q`, backend)
}

func TestSuiteOnFake(t *testing.T) {
	suite := scalertest.Suite{Driver: gcptest.Listing(driver), New: gcptest.Typed(t, scalertest.Typed(gcpstackdriver.New)), Start: func(tb testing.TB) scalertest.Source {
		m := gcptest.NewMonitoring(tb)
		spec := func(project, backend string) scalerkit.Spec {
			return m.Spec(tb, values{"projectId": project, "filter": filter(backend), "targetValue": "5"})
		}
		trigger := func(backend string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec(gcptest.Project, backend), Set: func(_ context.Context, level float64) error {
				m.Set(requests(backend, level))
				return nil
			}}
		}
		missing, throttled := spec(gcptest.Project, "missing"), spec(gcptest.BusyProject, "orders")
		denied := gcptest.WithKey(spec(gcptest.Project, "orders"), m.Authority.Stranger(tb))
		secure := gcptest.WithKey(spec(gcptest.Project, "orders"), gcptest.KeyFor(tb, "https://oauth2.googleapis.com/token"))
		return scalertest.Source{
			Trigger: trigger("orders"), TargetKey: "targetValue", ActivationKey: "activationTargetValue",
			Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
			Secrets:  []string{"of-google", "PRIVATE KEY"},
			MaxConns: 20, // 16 for filters, and those to the authority
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
