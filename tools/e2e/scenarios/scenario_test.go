package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A scenario is what happens to a queue and its workers. Its times count from its
// begin, which is half an interval before a poll and about an interval before a look
// of the HPA, if there is one.
type scenario struct {
	name   string
	length time.Duration
	pushes []push
	cut    simulate.Window // in which the queue cannot be read; the zero value is none

	start time.Duration // until a worker is ready
	rate  float64       // messages that a worker works through in a second

	target   scalerkit.Target
	most     int // replicas
	cooldown time.Duration
	window   time.Duration // stabilizationWindowSeconds of scaleDown
}

// A push is messages that arrive at once.
type push struct {
	at       time.Duration
	messages int
}

// interval is the pollingInterval of all scenarios.
const interval = 5 * time.Second

// In none of the scenarios does a number of replicas depend on a second: see
// TestNumbersDoNotHangOnASecond. Workers with a low rate take a message and keep it for
// longer than the scenario lasts.
var scenarios = []scenario{
	{
		// A few messages for one worker, and then more than the workers that there may
		// be are called for, which they work off.
		name: "burst", length: 130 * time.Second,
		pushes: []push{{0, 4}, {20 * time.Second, 300}},
		rate:   0.5,
		target: perReplica(5), most: 10, cooldown: 20 * time.Second,
		window: 5 * time.Minute,
	},
	{
		// More messages each 20 seconds, so that each look of an HPA finds what has
		// come since the one before.
		name: "ramp", length: 120 * time.Second,
		pushes: []push{{0, 9}, {20 * time.Second, 17}, {40 * time.Second, 21}, {60 * time.Second, 23}, {80 * time.Second, 21}},
		rate:   0.005,
		target: perReplica(5), most: 20, cooldown: 5 * time.Minute,
		window: 5 * time.Minute,
	},
	{
		// The queue is worked off while it cannot be read, and what is not known takes
		// no worker away, whatever window and cooldown say. There is one more burst
		// after it.
		name: "outage", length: 140 * time.Second,
		pushes: []push{{0, 100}, {95 * time.Second, 400}},
		cut:    simulate.Window{From: 20 * time.Second, To: 47 * time.Second},
		rate:   0.5,
		target: perReplica(5), most: 6, cooldown: 20 * time.Second,
	},
	{
		// What a metric of this kind calls for goes by the workers that are ready. While
		// none is, an HPA takes away what was begun with.
		name: "slow start", length: 140 * time.Second,
		pushes: []push{{0, 200}},
		start:  27 * time.Second, rate: 0.005,
		target: scalerkit.Target{Kind: scalerkit.Total, Value: 100}, most: 16, cooldown: 5 * time.Minute,
		window: 5 * time.Minute,
	},
	{
		// A queue that is empty as soon as one worker is ready, twice: an HPA goes
		// down to one replica, and the last one goes after the cooldown.
		name: "cooldown", length: 150 * time.Second,
		pushes: []push{{0, 50}, {85 * time.Second, 50}},
		start:  11 * time.Second, rate: 40,
		target: perReplica(5), most: 10, cooldown: 30 * time.Second,
	},
}

func perReplica(value float64) scalerkit.Target {
	return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
}

// A mode is who scales a running workload.
type mode string

const (
	withHPA    mode = "hpa"
	withoutHPA mode = "direct"
)

// workload is the name of a scenario's workload.
func (s scenario) workload(m mode) string {
	return fmt.Sprintf("%s-%s", strings.ReplaceAll(s.name, " ", "-"), m)
}

// policy is what the ScaledObject says of scaling. As it states no policies of scaleUp,
// those of the HPA hold; without an HPA, there are none where the target is one for each
// replica.
func (s scenario) policy(m mode) autoscale.Policy {
	policy := autoscale.Default()
	policy.Delegate = m == withHPA
	policy.Max, policy.Cooldown, policy.Down.Window = s.most, s.cooldown, &s.window
	if m == withoutHPA && s.target.Kind == scalerkit.PerReplica {
		policy.Up.Limits = []autoscale.Limit{{Kind: autoscale.Pods, Value: s.most, Period: time.Second}}
	}
	return policy
}

// An input is what was measured of a run, and the simulation is told.
type input struct {
	poll   time.Duration // the first one
	look   time.Duration // the first one of the HPA
	pushes []push
	cut    simulate.Window
	start  time.Duration
}

// onTime is the input of a run in which everything is.
func (s scenario) onTime() input {
	return input{poll: interval / 2, look: interval, pushes: s.pushes, cut: s.cut, start: s.start}
}

// lead is for how long everything has been there before a scenario begins: for one look
// of the HPA.
const lead = simulate.DefaultSync

// simulate returns how many replicas there are, and from when on.
func (s scenario) simulate(m mode, in input) (series, error) {
	var loads []simulate.Load
	for _, p := range in.pushes {
		loads = append(loads, simulate.Burst(lead+p.at, float64(p.messages), 0))
	}
	source := simulate.Source{Load: simulate.Sum(loads...), Target: s.target}
	if in.cut.To > 0 {
		source.Outages = []simulate.Window{{From: lead + in.cut.From, To: lead + in.cut.To}}
	}
	result, err := simulate.Run(s.policy(m), simulate.Scenario{
		Length: lead + s.length, Tick: 100 * time.Millisecond,
		Interval: interval, Phase: (lead + in.poll) % interval, SyncPhase: (lead + in.look) % simulate.DefaultSync,
		Sources: []simulate.Source{source},
		Workers: simulate.Workers{Rate: s.rate, Start: in.start},
	})
	if err != nil {
		return nil, err
	}
	var changes series
	before := 0
	for _, p := range result.Series {
		if p.Replicas != before {
			changes = append(changes, change{p.At - lead, p.Replicas})
			before = p.Replicas
		}
	}
	return changes, nil
}
