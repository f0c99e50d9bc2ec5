package reliability

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// lasting is how long cooldowns and windows are in a past: longer than it takes
// until another process has taken over.
const lasting = time.Minute

// The workers of a past. Those that cool down are read as empty, and wait for
// the end of their cooldown. The one with a window has had 20 replicas, and is
// called to have 5 now.
var (
	burstHPA      = worker{name: "burst-hpa", mode: "hpa", cooldown: 300}
	burstDirect   = worker{name: "burst-direct", mode: "direct", cooldown: 300}
	coolingHPA    = worker{name: "cooling-hpa", mode: "hpa", cooldown: int(lasting.Seconds())}
	coolingDirect = worker{name: "cooling-direct", mode: "direct", cooldown: int(lasting.Seconds())}
	windowDirect  = worker{name: "window-direct", mode: "direct", cooldown: 300, window: int(lasting.Seconds())}
)

// A past is workloads about which the operator has to remember something.
type past struct {
	namespace string
	history   *history
	lowered   time.Time            // when the list of the one with a window was made shorter
	active    map[string]time.Time // of those that cool down, by what their status says
}

// newPast returns one that is in the middle of everything.
func newPast(t *testing.T) *past {
	t.Helper()
	p := &past{namespace: r.Namespace(t), active: make(map[string]time.Time)}
	p.history = watch(t, p.namespace)
	workers := []worker{burstHPA, burstDirect, coolingHPA, coolingDirect, windowDirect}
	messages := []int{50, 50, 25, 25, 100}
	for i := range workers {
		leave(t, r.Redis, workers[i].name, 0)
		push(t, r.Redis, workers[i].name, messages[i])
		workers[i].address = r.Redis.Address
	}
	apply(t, p.namespace, r.Redis.Password, workers...)
	for i, w := range workers {
		r.AwaitReplicas(t, p.namespace, w.name, int32(messages[i]/5))
	}

	p.lowered = time.Now()
	leave(t, r.Redis, windowDirect.name, 25)
	for _, w := range []worker{coolingHPA, coolingDirect} {
		leave(t, r.Redis, w.name, 0)
		r.AwaitReplicas(t, p.namespace, w.name, 1)
		r.AwaitCondition(t, p.namespace, w.name, "Active", rig.Condition{
			Status: "False", Reason: "ScalerCooldown", Message: "No trigger is active, but not for long enough",
		})
		r.Await(t, func(ctx context.Context) error {
			status, err := r.Status(ctx, p.namespace, w.name)
			if err == nil && status.LastActiveTime == nil {
				err = errors.New("its status does not say when it was active")
			}
			if err == nil {
				p.active[w.name] = status.LastActiveTime.Time
			}
			return err
		})
	}
	return p
}

// burst doubles the messages of those that are in a burst.
func (p *past) burst(t *testing.T) {
	t.Helper()
	for _, w := range []worker{burstHPA, burstDirect} {
		push(t, r.Redis, w.name, 50)
	}
}

// awaitEnd returns when all has come to the end that it would have come to if
// nothing had happened meanwhile.
func (p *past) awaitEnd(t *testing.T) {
	t.Helper()
	p.history.await(t, burstHPA.name, 0, 10, 20)
	p.history.await(t, burstDirect.name, 0, 10, 20)
	p.history.await(t, windowDirect.name, 0, 20, 5)
	// The last round that called for 20 came before that, if not by much.
	assert.GreaterOrEqual(t, p.history.last(windowDirect.name).Sub(p.lowered), lasting-10*time.Second, "the window was cut short")
	for _, w := range []worker{coolingHPA, coolingDirect} {
		p.history.await(t, w.name, 0, 5, 1, 0) // nothing waits there, but until the cooldown is over there is one
		assert.GreaterOrEqual(t, p.history.last(w.name).Sub(p.active[w.name]), lasting, "the cooldown of %s was cut short", w.name)
	}
}
