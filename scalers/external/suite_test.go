package external_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// start returns what starts a source for triggers of the given type.
func start(typ string) func(testing.TB) scalertest.Source {
	return func(tb testing.TB) scalertest.Source {
		var levels externaltest.Levels
		address := externaltest.Serve(tb, levels.Handler())
		spec := func(queue, token string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: typ, Name: queue, Owner: scalerkit.Key{Namespace: "shop", Name: "orders"},
				Metadata: map[string]string{"scalerAddress": address, "queue": queue, "tokenFromEnv": "TOKEN"},
				Env:      scalerkit.Secrets(map[string]string{"TOKEN": token}),
			}
		}
		trigger := func(queue string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec(queue, externaltest.Token), Set: func(_ context.Context, level float64) error {
				levels.Set(queue, level)
				return nil
			}}
		}
		const wrong = "not-the-token"
		missing, busy, denied := spec(externaltest.Missing, externaltest.Token), spec(externaltest.Busy, externaltest.Token), spec("a", wrong)
		secure := spec("a", externaltest.Token)
		secure.Metadata["enableTLS"] = "true"
		return scalertest.Source{
			Trigger: trigger("a"), Secure: &secure,
			Secrets: []string{externaltest.Token, wrong},
			Missing: &missing, Throttled: &busy, Denied: &denied,
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}
}

func TestSuiteOnFake(t *testing.T) {
	for _, c := range []struct {
		driver    scalerkit.Driver
		construct scalertest.Constructor
	}{
		{external.Driver(), scalertest.Typed(external.New)},
		{external.PushDriver(), scalertest.Typed(external.NewPush)},
	} {
		t.Run(c.driver.Name(), func(t *testing.T) {
			t.Parallel()
			scalertest.Suite{Driver: c.driver, New: c.construct, Start: start(c.driver.Name())}.Run(t)
		})
	}
}
