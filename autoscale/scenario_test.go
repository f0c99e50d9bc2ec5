package autoscale_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

// A scenario is a workload over time. Nothing sleeps: time is an argument.
type scenario struct {
	*testing.T
	policy   autoscale.Policy
	state    autoscale.State
	replicas int
	last     autoscale.Decision
}

func tell(t *testing.T, change func(*autoscale.Policy)) *scenario {
	p := policy(change)
	require.NoError(t, p.Validate())
	return &scenario{T: t, policy: p}
}

// at decides at a time after noon, carries it out, and wants so many replicas.
// The state goes through JSON, as through an operator's status.
func (s *scenario) at(after time.Duration, want int, samples ...autoscale.Sample) {
	s.Helper()
	s.last = s.policy.Decide(autoscale.Input{
		Now: noon.Add(after), Current: s.replicas, Samples: samples, State: s.state,
	})
	assert.Equal(s, want, s.last.Replicas, "after %v:\n%v", after, s.last)
	s.replicas = s.last.Replicas

	text, err := json.Marshal(s.last.State)
	require.NoError(s, err)
	s.state = autoscale.State{}
	require.NoError(s, json.Unmarshal(text, &s.state))
	require.Equal(s, s.last.State, s.state, "the state comes back as it was")
}

func orders(n float64) autoscale.Sample { return queue("orders", n, 5) }

func TestAQueueFillsAndDrains(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0*m, 0, orders(0))   // nothing to do
	s.at(1*m, 4, orders(20))  // 20 orders come in: straight to 4
	s.at(2*m, 8, orders(300)) // many more: the limit is twice as many
	s.at(3*m, 16, orders(300))
	s.at(4*m, 32, orders(300))
	s.at(5*m, 60, orders(300)) // 60 is what 300 orders call for
	s.at(6*m, 60, orders(100)) // draining: 20 would do, the window holds 60
	s.at(9*m, 60, orders(5))
	s.at(10*m, 20, orders(0)) // 60 scrolls out, 20 is the highest of five minutes
	s.at(11*m, 1, orders(0))  // 20 scrolls out; 5 orders needed one replica
	s.at(13*m, 1, orders(0))  // still cooling down: last active after 9m
	s.at(14*m, 0, orders(0))  // five minutes without work
	s.at(15*m, 2, orders(10)) // and straight back
}

func TestABurstSoonAfterWakingIsLimitedFromTheReplicasThatWoke(t *testing.T) {
	s := tell(t, nil)
	s.at(0, 4, orders(20))
	s.at(5*time.Second, 8, orders(500))   // twice 4: waking did not count as a scale-up
	s.at(10*time.Second, 8, orders(500))  // 4 more within 15 s, which is all that it allows
	s.at(20*time.Second, 16, orders(500)) // 4 → 8 scrolls out
}

func TestASourceIsDownForAnHour(t *testing.T) {
	s := tell(t, func(p *autoscale.Policy) { p.Fallback = &autoscale.Fallback{Failures: 2, Replicas: 6} })
	const m = time.Minute
	s.at(0*m, 10, orders(50))
	s.at(1*m, 10, broken("orders")) // held
	s.at(2*m, 10, broken("orders")) // held
	s.at(3*m, 10, broken("orders")) // fallback calls for 6, the window holds 10
	assert.True(t, s.last.Applied(autoscale.RuleFallback))
	s.at(6*m, 10, broken("orders"))
	s.at(7*m, 6, broken("orders")) // what was held scrolls out
	s.at(60*m, 6, broken("orders"))
	s.at(61*m, 6, orders(0)) // back, and empty: the cooldown begins with the end of the fallback
	assert.Nil(t, s.last.State.Failures)
	s.at(64*m, 6, orders(0))
	s.at(65*m, 0, orders(0))
}

func TestASourceWithoutFallbackIsDownForADay(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0, 10, orders(50))
	s.at(1*m, 10, broken("orders"))
	s.at(24*60*m, 10, broken("orders"))
	s.at(24*60*m+1*m, 10, orders(0)) // it was unknown, not inactive
	assert.Equal(t, `Metric orders: 10 -> 0: 0 / 5 per replica = 0, inactive
Cooldown: 0 -> 0: inactive for 0s of 5m0s, and unknown for 24h1m0s, which does not count
ScaleDownStabilized: 0 -> 10: highest recommendation in 5m0s is 10`, s.last.String())
	s.at(24*60*m+6*m, 0, orders(0))
	assert.Equal(t, `Metric orders: 10 -> 0: 0 / 5 per replica = 0, inactive
Deactivated: 0 -> 0: inactive for 5m0s of 5m0s, and unknown for 24h1m0s, which does not count`, s.last.String())
}

// Ten minutes of outage were "inactive for 10m30s" once.
func TestTheFirstAnswerAfterAnOutageIsNotTheEndOfACooldown(t *testing.T) {
	s := tell(t, func(p *autoscale.Policy) {
		p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 100, Period: time.Second}}
	})
	const every = 30 * time.Second
	s.at(0, 24, orders(120))
	for n := time.Duration(1); n <= 20; n++ {
		s.at(n*every, 24, broken("orders"))
	}
	s.at(21*every, 24, orders(0))
	s.at(29*every, 24, orders(0))
	s.at(30*every, 1, orders(0)) // what was held scrolls out
	s.at(31*every, 0, orders(0)) // known to be inactive for five minutes
}

// Whoever reads at long intervals, or fails now and then, still gets to zero.
func TestASourceThatFailsNowAndThenLosesOnlyThatTime(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0*m, 4, orders(20))
	s.at(1*m, 4, orders(0))
	s.at(2*m, 4, orders(0))
	s.at(3*m, 4, broken("orders"))
	s.at(4*m, 4, orders(0)) // of 4 minutes, the 2 since the last answer are unknown
	assert.Equal(t, 2*m, s.state.Unknown)
	s.at(6*m, 4, orders(0))
	s.at(7*m, 0, orders(0))
	s.at(8*m, 4, orders(20))
	assert.Zero(t, s.state.Unknown)
}

func TestTimeThatIsUnknownAtZeroCountsForNoCooldownEither(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0*m, 4, orders(20))
	s.replicas = 0 // by hand
	s.at(1*m, 0, broken("orders"))
	s.at(20*m, 0, orders(0))
	s.replicas = 5 // by hand
	s.at(21*m, 1, orders(0))
	assert.True(t, s.last.Applied(autoscale.RuleCooldown))
}

func TestAnInitialCooldownLeavesOutUnknownTimeToo(t *testing.T) {
	s := tell(t, func(p *autoscale.Policy) { p.InitialCooldown = 10 * time.Minute })
	const m = time.Minute
	s.state.Since, s.replicas = noon, 3
	s.at(0*m, 1, orders(0))
	s.at(8*m, 1, broken("orders"))
	s.at(9*m, 1, orders(0))
	s.at(18*m, 1, orders(0))
	s.at(19*m, 0, orders(0))
}

func TestOneOfTwoSourcesIsDown(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0*m, 10, orders(50), queue("mails", 10, 5))
	s.at(10*m, 10, broken("orders"), queue("mails", 10, 5)) // not down
	s.at(20*m, 12, broken("orders"), queue("mails", 60, 5)) // but up
	s.at(30*m, 12, broken("orders"), queue("mails", 0, 5))  // and not to zero
	s.at(31*m, 12, orders(0), queue("mails", 0, 5))         // both empty, which was unknown since the last activity at 20m
	s.at(36*m, 0, orders(0), queue("mails", 0, 5))
}

func TestAGradualWorkloadGoesDownByItsBehavior(t *testing.T) {
	s := tell(t, func(p *autoscale.Policy) {
		p.Gradual = true
		p.Cooldown = time.Minute
		p.Down = onePodPerMinute()
	})
	const m = time.Minute
	s.at(0*m, 3, orders(15))
	s.at(1*m, 2, orders(0)) // the cooldown is over
	s.at(1*m+30*time.Second, 2, orders(0))
	s.at(2*m, 1, orders(0))
	s.at(3*m, 0, orders(0))
}

func TestAWorkloadIsPausedAndGoesOn(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(0*m, 4, orders(20))
	s.policy.Pause.Replicas = ptr(1)
	s.at(1*m, 1, orders(20))
	s.at(60*m, 1, orders(20))
	s.policy.Pause.Replicas = nil
	s.at(61*m, 4, orders(20))
}

func TestAClockThatIsSetBackDoesNotHoldTheWorkload(t *testing.T) {
	s := tell(t, nil)
	const m = time.Minute
	s.at(24*60*m, 8, orders(40))
	s.at(24*60*m+15*time.Second, 16, orders(400))
	s.at(0*m, 16, orders(400))            // a day earlier: the scale-up counts as of now
	s.at(15*time.Second, 32, orders(400)) // and scrolls out
	s.at(1*m, 32, orders(0))
	s.at(5*m+15*time.Second, 0, orders(0)) // as does the cooldown
}

func TestAWindowBeginsWithWhatIsThere(t *testing.T) {
	s := tell(t, nil)
	s.replicas = 10
	s.at(0, 10, orders(20)) // seen for the first time: as if 10 had been recommended
	s.at(5*time.Minute, 4, orders(20))
}
