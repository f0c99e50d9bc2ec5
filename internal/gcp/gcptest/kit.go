package gcptest

import (
	"context"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// A MonitoringKit is what there is to know about a driver that reads Cloud
// Monitoring.
type MonitoringKit struct {
	Driver scalerkit.Driver

	// New is as that of scalertest.Suite.
	New scalertest.Constructor

	// Metadata is that of a trigger on something in a project.
	Metadata func(project, name string) map[string]string

	// Series has a level as its newest value.
	Series func(name string, level float64) Series

	// TargetKey and ActivationKey are as those of scalertest.Source.
	TargetKey, ActivationKey string
}

// Run runs the suite on a Monitoring, and that of package httpkit.
func (k MonitoringKit) Run(t *testing.T) {
	suite := scalertest.Suite{Driver: Listing(k.Driver), New: Typed(t, k.New), Start: func(tb testing.TB) scalertest.Source { return k.source(tb) }}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}

func (k MonitoringKit) source(tb testing.TB) scalertest.Source {
	m := NewMonitoring(tb)
	spec := func(project, name string) scalerkit.Spec { return m.Spec(tb, k.Metadata(project, name)) }
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(Project, name), Set: func(_ context.Context, level float64) error {
			m.Set(k.Series(name, level))
			return nil
		}}
	}
	missing, throttled := spec(Project, "missing"), spec(BusyProject, "orders")
	denied := WithKey(spec(Project, "orders"), m.Authority.Stranger(tb))
	secure := WithKey(spec(Project, "orders"), KeyFor(tb, "https://oauth2.googleapis.com/token"))
	return scalertest.Source{
		Trigger: trigger("orders"), TargetKey: k.TargetKey, ActivationKey: k.ActivationKey,
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
}
