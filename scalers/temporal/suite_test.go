package temporal_test

import (
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/temporal"
)

func TestSuiteOnFake(t *testing.T) {
	t.Parallel()
	scalertest.Suite{Driver: temporal.Driver(), New: scalertest.Typed(temporal.New), Start: func(tb testing.TB) scalertest.Source {
		var f frontend
		address := serve(tb, f.handler)
		spec := func(namespace, queue, key string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: "temporal", Name: "orders", Auth: scalerkit.Secrets(values{"apiKey": key}),
				Metadata: values{"endpoint": address, "namespace": namespace, "taskQueue": queue, "enableTLS": "false"},
			}
		}
		trigger := func(queue string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec("shop", queue, apiKey), Set: f.set(queue)}
		}
		const wrong = "not-the-key"
		absent, throttled, denied := spec(missing, "orders", apiKey), spec(busy, "orders", apiKey), spec("shop", "orders", wrong)
		secure := spec("shop", "orders", apiKey)
		delete(secure.Metadata, "enableTLS")
		return scalertest.Source{
			Trigger: trigger("orders"), Secure: &secure,
			TargetKey: "targetQueueSize", ActivationKey: "activationTargetQueueSize",
			Secrets: []string{apiKey, wrong},
			Missing: &absent, Throttled: &throttled, Denied: &denied,
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}.Run(t)
}
