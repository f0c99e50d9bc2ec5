package autoscale

import "time"

// A Policy says how many replicas the readings of a workload's triggers call
// for. [Default] is a good start; the zero value needs at least Max.
//
// The arithmetic between one replica and Max is that of the Kubernetes
// Horizontal Pod Autoscaler (k8s.io/kubernetes/pkg/controller/podautoscaler),
// so that a workload gets the same number whoever carries it out. Going to
// zero and back follows KEDA.
type Policy struct {
	// Min and Max bound the number of replicas: 0 ≤ Min ≤ Max, Max ≥ 1.
	// With Min 0 the workload goes to zero while it is inactive; while it is
	// active it has at least one replica.
	Min, Max int

	// Idle, if set, is the number of replicas while the workload is inactive,
	// in place of Min: 0 ≤ Idle < Min, or 0 where Min is 0.
	Idle *int

	// Cooldown is how long the workload must have been known to be inactive
	// before it goes to Idle or to zero.
	Cooldown time.Duration

	// InitialCooldown is how long after State.Since a workload that was never
	// active is kept from going to Idle or to zero. Cooldown does not hold
	// such a workload, unless it had replicas when it was first seen and Since
	// was not set: then the longer of the two counts.
	InitialCooldown time.Duration

	// Gradual makes an inactive workload go down as Down says before the last
	// step to Idle or zero. Otherwise it drops there from any number as soon
	// as the cooldown is over, as KEDA does.
	Gradual bool

	// Delegate leaves a running workload within Min and Max to another who goes
	// by the same readings: the HPA. What is decided then is to go from zero or
	// Idle to what is called for, to go back there, and to stay within the
	// bounds. The windows and limits are the other's, too.
	Delegate bool

	// Tolerance is how far the ratio of a reading to its target may be from 1
	// without a change of replicas: 0.1 means 10 %. The HPA's default is 0.1.
	Tolerance float64

	// Up and Down slow changes in one direction. From zero and from Idle the
	// workload goes straight to what the readings call for.
	Up, Down Behavior

	// Fallback, if set, takes the place of readings that fail for long.
	Fallback *Fallback

	// OnError says what becomes of a trigger that fails, by trigger name;
	// the name "" stands for all triggers that are not named. A trigger
	// without an entry holds, see [Hold].
	OnError map[string]OnError

	// Combine, if set, replaces the readings of all triggers by one value.
	// Package formula makes one from a KEDA scalingModifiers block.
	Combine *Combine

	// Pause suspends scaling, wholly or in one direction.
	Pause Pause
}

// Default returns a Policy with the defaults of KEDA and the HPA: 0 to 100
// replicas, a cooldown of five minutes and a tolerance of 10 %.
func Default() Policy {
	return Policy{
		Max:       100,
		Cooldown:  300 * time.Second,
		Tolerance: 0.1,
	}
}

// A Pause suspends scaling. Readings and failures are followed meanwhile, so
// that scaling goes on with what is then known. The zero value suspends
// nothing.
type Pause struct {
	// All keeps the number of replicas as it is.
	All bool

	// Replicas, if set, keeps the workload at this number, within Min and Max
	// or not: at least 0. It beats All.
	Replicas *int

	// In and Out keep the number of replicas from falling and from rising,
	// even where it is outside Min and Max.
	In, Out bool

	// ForceActive treats the workload as active whatever its triggers say.
	ForceActive bool
}

// bounded returns p with its numbers moved into their ranges, where Max wins
// over Min.
func (p Policy) bounded() Policy {
	p.Max = min(max(p.Max, 1), maxReplicas)
	p.Min = min(max(p.Min, 0), p.Max)
	if p.Idle != nil {
		if idle := min(max(*p.Idle, 0), p.Min); idle != *p.Idle {
			p.Idle = &idle
		}
	}
	return p
}

// floor is the least number of replicas of an active workload.
func (p *Policy) floor() int { return max(1, p.Min) }

// rest is the number of replicas of an inactive workload. Without a number
// for that time, ok is false: the workload is scaled as if it were active.
func (p *Policy) rest() (n int, ok bool) {
	if p.Idle != nil {
		return *p.Idle, true
	}
	return 0, p.Min == 0
}
