package liiklus_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/rpc/rpctest"
	"github.com/scalerkit/scalerkit/scalers/liiklus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

//go:embed liiklus_test.proto
var protocol string

func serve(tb testing.TB, h rpctest.Handler) string {
	return rpctest.Serve(tb, rpctest.Protocol(tb, protocol), h)
}

// A gateway has lags by topic, in three partitions, of which the first has it all.
type gateway struct {
	mu   sync.Mutex
	lags map[string]int64
}

const committed = 1 << 40 // in the first partition

func (g *gateway) set(topic string) func(context.Context, float64) error {
	return func(_ context.Context, level float64) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.lags == nil {
			g.lags = make(map[string]int64)
		}
		g.lags[topic] = int64(level)
		return nil
	}
}

func (g *gateway) handler(_ context.Context, method, request string) (string, error) {
	var asked struct{ Topic string }
	if err := json.Unmarshal([]byte(request), &asked); err != nil {
		return "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case asked.Topic == "absent":
		return "", status.Error(codes.NotFound, "no topic")
	case asked.Topic == "throttled":
		return "", status.Error(codes.ResourceExhausted, "slow down")
	case method == "GetOffsets":
		return fmt.Sprintf(`{"offsets":{"0":%d,"1":7}}`, int64(committed)), nil
	}
	return fmt.Sprintf(`{"offsets":{"0":%d,"1":7,"2":0}}`, committed+g.lags[asked.Topic]), nil
}

func TestSuiteOnFake(t *testing.T) {
	t.Parallel()
	scalertest.Suite{Driver: liiklus.Driver(), New: scalertest.Typed(liiklus.New), Start: func(tb testing.TB) scalertest.Source {
		var g gateway
		address := serve(tb, g.handler)
		trigger := func(topic string) scalertest.Trigger {
			return scalertest.Trigger{
				Spec: scalerkit.Spec{Type: "liiklus", Name: "orders", Metadata: values{"address": address, "topic": topic, "group": "workers"}},
				Set:  g.set(topic),
			}
		}
		absent, throttled := trigger("absent").Spec, trigger("throttled").Spec
		return scalertest.Source{
			Trigger:   trigger("orders"),
			TargetKey: "lagThreshold", ActivationKey: "activationLagThreshold",
			Missing: &absent, Throttled: &throttled,
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
