package azurequeue_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/internal/azure/storage/storagetest"
	"github.com/scalerkit/scalerkit/scalers/azurequeue"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

// listing is the driver in a program that lists the fakes as identity endpoints.
var listing = azuretest.Listing(azurequeue.Driver())

// trigger adds to the spec what is read.
func trigger(spec scalerkit.Spec, strategy, queue string) scalerkit.Spec {
	metadata := values{"queueName": queue, "queueLengthStrategy": strategy}
	maps.Copy(metadata, spec.Metadata)
	spec.Type, spec.Name, spec.Metadata = "azure-queue", "orders", metadata
	return spec
}

// source describes a strategy to the suite. The queues begin with prefix.
func source(strategy string, spec, denied scalerkit.Spec, prefix string, set func(ctx context.Context, queue string, n int) error) scalertest.Source {
	at := func(queue string) scalertest.Trigger {
		return scalertest.Trigger{
			Spec: trigger(spec, strategy, prefix+queue),
			Set:  func(ctx context.Context, level float64) error { return set(ctx, prefix+queue, int(level)) },
		}
	}
	missing, refused := trigger(spec, strategy, prefix+"missing"), trigger(denied, strategy, prefix+"orders")
	return scalertest.Source{
		Trigger:       at("orders"),
		TargetKey:     "queueLength",
		ActivationKey: "activationQueueLength",
		Missing:       &missing,
		Denied:        &refused,
		MaxConns:      32,
		Levels:        []float64{0, 1, 7, 40},
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = at(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func suiteOnFake(t *testing.T, strategy string, a storagetest.Access) {
	a.Run(t, scalertest.Suite{Driver: listing, New: scalertest.Typed(azurequeue.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		return source(strategy, a.Spec(f.Server), a.Denied(f.Server), "", func(_ context.Context, queue string, n int) error {
			f.set(queue, messages{visible: n})
			return nil
		})
	}})
}

func TestSuiteOnFake(t *testing.T) {
	for _, strategy := range []string{azurequeue.All, azurequeue.VisibleOnly} {
		t.Run(strategy, func(t *testing.T) { suiteOnFake(t, strategy, storagetest.Connection) })
	}
	for name, a := range storagetest.Accesses {
		t.Run(name, func(t *testing.T) { suiteOnFake(t, azurequeue.All, a) })
	}
}

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	f := newFake(t)
	f.set("orders", messages{})
	private := f.Private()
	private["queueName"] = "orders"
	attacks := f.Authority.AttacksOnHost(strings.TrimPrefix(f.HTTPS.URL, "https://"),
		private, values{"accountName": "shop", "queueName": "orders"}, "queue.core.windows.net")
	f.Authority.Attacks(t, azurequeue.Driver(), attacks, f.Count)
}
