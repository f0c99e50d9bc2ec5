package scalertest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// startFake starts a fake of the source, and tells the suite how to make
// triggers for it and how to set their levels.
func startFake(tb testing.TB) scalertest.Source {
	server := newFake(tb)
	spec := func(name, password string) scalerkit.Spec {
		return scalerkit.Spec{
			Type:     "toy",
			Name:     "trigger",
			Metadata: map[string]string{"address": server.address, "levelName": name},
			Auth:     scalerkit.Secrets(map[string]string{"password": password}),
		}
	}
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{
			Spec: spec(name, password),
			Set: func(_ context.Context, level float64) error {
				server.set(name, int(level))
				return nil
			},
		}
	}
	const wrong = "wr0ng word&c"
	missing, denied, busy := spec("nowhere", password), spec("orders", wrong), spec("busy", password)
	secure := spec("orders", password)
	secure.Metadata["tls"] = "true"
	return scalertest.Source{
		Trigger:       trigger("orders"),
		TargetKey:     "target",
		ActivationKey: "activationTarget",
		Secrets:       []string{password, wrong},
		Missing:       &missing,
		Denied:        &denied,
		Throttled:     &busy,
		Secure:        &secure,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

// The test of a driver runs the suite against a fake, and in the same way
// against a real server where there is one.
func Example() {
	_ = func(t *testing.T) { // func TestFake(t *testing.T) in the driver's package
		scalertest.Suite{Driver: Driver(), New: scalertest.Typed(New), Start: startFake}.Run(t)
	}
}
