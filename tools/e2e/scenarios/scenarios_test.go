package scenarios

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

// TestSimulatedAsItIs plays all scenarios in both modes at once. Each comes to the same
// replicas as it is simulated, each within a period in which the HPA controller looks once.
func TestSimulatedAsItIs(t *testing.T) {
	plays := prepare(t)
	playing, ctx := errgroup.WithContext(t.Context())
	for _, p := range plays {
		playing.Go(func() error { return p.run(ctx) })
	}
	require.NoError(t, playing.Wait())
	for _, p := range plays {
		t.Run(p.workload(), p.compare)
	}
}

// compare compares what has happened with what is simulated.
func (p *play) compare(t *testing.T) {
	in, err := p.measured()
	require.NoError(t, err)
	simulated, err := p.simulate(p.mode, in)
	require.NoError(t, err)
	real := p.history.since(p.workload(), p.begin)
	t.Logf("told the simulation: %+v%s", in, sideBySide(real, simulated))
	if assert.Equal(t, real.numbers(), simulated.numbers()) {
		apart := real.apart(simulated)
		t.Logf("the times are %.1f s apart at most", apart.Seconds())
		assert.LessOrEqual(t, apart, simulate.DefaultSync)
	}
	if t.Failed() {
		p.tell(t)
	}
}

// tell logs the rounds of a play.
func (p *play) tell(t *testing.T) {
	list, err := p.recorded()
	require.NoError(t, err)
	for _, round := range list {
		if at := round.Time.Sub(p.begin); at >= 0 && at <= p.length && round.Decision != nil {
			t.Logf("%6.1f s: %d -> %d replicas: %+v", at.Seconds(), round.Current, round.Decision.Replicas, round.Decision.Steps)
		}
	}
}

// prepare has everything ready for the plays, which begin soon.
func prepare(t *testing.T) []*play {
	namespace := r.Namespace(t)
	r.Apply(t, namespace, broker.Authentication(r.Redis.Password))
	proxy, err := broker.StartProxy(r.Redis.Address)
	require.NoError(t, err)
	t.Cleanup(proxy.Close)
	h := watch(t, namespace)
	var direct, hpa []*play
	for _, s := range scenarios {
		p := play{scenario: s, namespace: namespace, history: h}
		if s.cut.To > 0 {
			p.proxy = proxy
		}
		one, other := p, p
		one.mode, other.mode = withoutHPA, withHPA
		direct, hpa = append(direct, &one), append(hpa, &other)
	}

	// All that have one source are polled at the same times.
	polls := make(map[string]time.Time) // by address
	for _, p := range direct {
		r.Apply(t, namespace, p.manifest())
	}
	for _, p := range direct {
		awaitIdle(t, p)
		r.Await(t, func(context.Context) (err error) {
			polls[p.address()], err = p.polls()
			return err
		})
	}
	// An HPA is first looked at a period of looks after it was created. Half way
	// between two polls, it does not matter if it is looked at a little later.
	halfway := func(p *play) time.Time {
		return next(polls[p.address()].Add(interval/2), interval, time.Now().Add(time.Second))
	}
	for _, p := range hpa {
		time.Sleep(time.Until(halfway(p)))
		r.Apply(t, namespace, p.manifest())
	}
	for _, p := range hpa {
		awaitIdle(t, p)
		r.Await(t, func(context.Context) error {
			if _, ok := h.look(p.workload()); !ok {
				return fmt.Errorf("the HPA of %s has not been looked at", p.workload())
			}
			return nil
		})
	}
	for i, p := range hpa {
		p.begin = halfway(p)
		for look, _ := h.look(p.workload()); untilLook(p.begin, look) < interval/2 || untilLook(p.begin, look) >= 3*interval/2; {
			p.begin = p.begin.Add(interval)
		}
		direct[i].begin = p.begin // one proxy is between both and their queues
	}
	return append(direct, hpa...)
}

// untilLook returns how long it takes from a time to a look of the HPA controller, which
// was there at another time.
func untilLook(from, look time.Time) time.Duration {
	return next(look, simulate.DefaultSync, from).Sub(from)
}

// awaitIdle returns when a workload is ready to be scaled.
func awaitIdle(t *testing.T, p *play) {
	t.Helper()
	r.AwaitCondition(t, p.namespace, p.workload(), "Ready", rig.Condition{Status: "True", Reason: "ScaledObjectReady", Message: "The object is valid and its triggers can be read"})
	r.AwaitCondition(t, p.namespace, p.workload(), "Active", rig.Condition{Status: "False", Reason: "ScalerNotActive", Message: "No trigger is active"})
}
