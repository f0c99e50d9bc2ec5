package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// measured is a run of KEDA 2.21 in a cluster: 100 messages of which none is taken,
// at 5 for each replica. When the operator polled and when the HPA looked first is
// what was seen there.
var measured = simulate.Scenario{
	Length: 2 * time.Minute, Tick: 500 * time.Millisecond,
	Interval: 5 * time.Second, Phase: 2500 * time.Millisecond, SyncPhase: 7 * time.Second,
	Sources: []simulate.Source{{Name: "orders", Load: simulate.Burst(0, 100, 0), Target: perReplica(5), InFlight: true}},
	Workers: simulate.Workers{Rate: 0.0001},
}

func TestKEDAsRunIsTheOneThatWasMeasured(t *testing.T) {
	got := changes(run(t, simulate.KEDA{Policy: policyOf(0, 100)}, measured))
	seen := []change{
		{2500 * time.Millisecond, 1},
		{7 * time.Second, 4},
		{22 * time.Second, 8},
		{38 * time.Second, 16},
		{52 * time.Second, 20},
	}
	require.Len(t, got, len(seen))
	for i, c := range seen {
		require.Equal(t, c.Replicas, got[i].Replicas)
		require.InDelta(t, c.At, got[i].At, float64(measured.Interval), "%d replicas at %v", c.Replicas, got[i].At)
	}
}

func TestOurRunOfTheSame(t *testing.T) {
	at := 2500 * time.Millisecond
	require.Equal(t, []change{{at, 20}}, changes(run(t, policyOf(0, 100), measured)))
	require.Equal(t, []change{{at, 20}}, changes(run(t, delegated(policyOf(0, 100)), measured)))
}

func TestTheHPAGoesFromOneByItsLimits(t *testing.T) {
	s := measured
	p := policyOf(1, 100)
	s.Replicas = 1
	require.Equal(t, []change{
		{0, 1},
		{7 * time.Second, 5}, // four more
		{22 * time.Second, 10},
		{37 * time.Second, 20},
	}, changes(run(t, delegated(p), s)))
	p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 10, Period: time.Minute}}
	require.Equal(t, []change{
		{0, 1},
		{7 * time.Second, 11},
		{67 * time.Second, 20},
	}, changes(run(t, simulate.KEDA{Policy: p}, s)))
}

// The HPA goes by what the last poll has published, and KEDA's asks the source.
func TestWhatTheHPAReads(t *testing.T) {
	s := measured
	s.Replicas, s.Interval, s.Phase = 1, time.Minute, 0
	require.Equal(t, change{67 * time.Second, 5}, changes(run(t, delegated(policyOf(1, 100)), s))[1])
	require.Equal(t, change{7 * time.Second, 4}, changes(run(t, simulate.KEDA{Policy: policyOf(1, 100)}, s))[1])
}

func TestTheCooldown(t *testing.T) {
	s := simulate.Scenario{
		Length: 20 * time.Minute, Interval: 30 * time.Second, Workers: simulate.Workers{Rate: 1},
		Sources: []simulate.Source{{Load: simulate.Burst(time.Minute, 40, 0), Target: perReplica(5)}},
	}
	last := func(d autoscale.Decider) change {
		list := changes(run(t, d, s))
		return list[len(list)-1]
	}
	// Active at 1m30s by the poll, and empty at 2m.
	require.Equal(t, change{6*time.Minute + 30*time.Second, 0}, last(policyOf(0, 20)))
	require.Equal(t, change{6*time.Minute + 30*time.Second, 0}, last(delegated(policyOf(0, 20))))
	require.Equal(t, change{7 * time.Minute, 0}, last(simulate.KEDA{Policy: policyOf(0, 20)})) // after it, not when it ends

	// Of an outage KEDA counts all, and we nothing. We know that it is over a little
	// later, since the source is left alone for up to a minute.
	s.Sources[0].Outages = []simulate.Window{{From: 3 * time.Minute, To: 10 * time.Minute}}
	require.Equal(t, change{10 * time.Minute, 0}, last(simulate.KEDA{Policy: policyOf(0, 20)}))
	require.Equal(t, change{14*time.Minute + 30*time.Second, 0}, last(policyOf(0, 20)))
}

func TestASourceTellsOfThePast(t *testing.T) {
	s := simulate.Scenario{
		Length: 5 * time.Minute, Interval: 10 * time.Second, Workers: simulate.Workers{Rate: 0.001},
		Sources: []simulate.Source{{Load: simulate.Burst(time.Minute, 40, 0), Target: perReplica(5)}},
	}
	require.Equal(t, change{70 * time.Second, 8}, changes(run(t, policyOf(0, 20), s))[0])
	s.Sources[0].Delay = 30 * time.Second
	require.Equal(t, change{100 * time.Second, 8}, changes(run(t, policyOf(0, 20), s))[0])
	s.Sources[0].Delay, s.Sources[0].Frozen = 0, []simulate.Window{{From: 30 * time.Second, To: 2 * time.Minute}}
	require.Equal(t, change{2 * time.Minute, 8}, changes(run(t, policyOf(0, 20), s))[0])
}

func TestImpossibleNumbers(t *testing.T) {
	s := simulate.Scenario{Length: time.Minute, Workers: simulate.Workers{Rate: 1}, Sources: []simulate.Source{{Target: perReplica(5)}}}
	_, err := simulate.Run(fixed(-1), s)
	require.EqualError(t, err, "the decision at 0s: -1 replicas are not within 0 and 1000000, which a simulation can have")
	s.Sources[0].Load = simulate.Ramp(simulate.Step{PerSecond: 5}, simulate.Step{At: 10 * time.Second, PerSecond: -5})
	_, err = simulate.Run(fixed(1), s)
	require.EqualError(t, err, "Sources[0].Load: -0.5 messages from 5s to 6s are not within 0 and 2147483647")
}

func TestAPolicyIsAskedAgainWhenItsLimitsAllowMore(t *testing.T) {
	s := measured
	s.Replicas, s.Interval = 3, 30*time.Second
	at := func(milliseconds int) time.Duration { return time.Duration(milliseconds) * time.Millisecond }
	p := policyOf(1, 100)
	r := run(t, p, s)
	require.Equal(t, []change{{0, 3}, {at(2500), 7}, {at(17500), 14}, {at(32500), 20}}, changes(r))
	var polls []time.Duration
	for _, round := range r.Rounds {
		polls = append(polls, round.At)
	}
	require.Equal(t, []time.Duration{at(2500), at(17500), at(32500), at(62500), at(92500)}, polls)

	p.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: 1, Period: time.Millisecond}}
	require.Equal(t, []change{{0, 3}, {at(2500), 4}, {at(3500), 5}, {at(4500), 6}}, changes(run(t, p, s))[:4], "not more often than once in a second")
}
