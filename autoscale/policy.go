package autoscale

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// A Policy says how many replicas the readings of a workload's triggers call
// for. [Default] is a good start; the zero value needs at least Max.
//
// The arithmetic between one replica and Max is that of the Kubernetes
// Horizontal Pod Autoscaler (k8s.io/kubernetes/pkg/controller/podautoscaler),
// so that a workload gets the same number whoever carries it out. What the
// HPA cannot do, going to zero and back, follows KEDA.
type Policy struct {
	// Min and Max bound the number of replicas: 0 ≤ Min ≤ Max, Max ≥ 1.
	// With Min 0 the workload goes to zero while it is inactive.
	Min, Max int

	// Idle, if set, is the number of replicas while the workload is inactive,
	// in place of Min: 0 ≤ Idle < Min, or 0 where Min is 0.
	Idle *int

	// Cooldown is how long the workload must have been inactive before it goes
	// to Idle or to zero.
	Cooldown time.Duration

	// InitialCooldown is how long after State.Since a workload that was never
	// active is kept from going to Idle or to zero.
	InitialCooldown time.Duration

	// Gradual makes an inactive workload go down as Down says before the last
	// step to Idle or zero. Otherwise it drops there from any number as soon
	// as the cooldown is over, as KEDA does.
	Gradual bool

	// Tolerance is how far the ratio of a reading to its target may be from 1
	// without a change of replicas: 0.1 means 10 %. The HPA's default is 0.1.
	Tolerance float64

	// Up and Down slow changes in one direction. From zero the workload goes
	// straight to what the readings call for.
	Up, Down Behavior

	// Fallback, if set, takes the place of readings that fail for long.
	Fallback *Fallback

	// OnError says what becomes of a trigger that fails, by trigger name;
	// the name "" stands for all triggers that are not named.
	OnError map[string]OnError

	// Combine, if set, replaces the readings of all triggers by one value.
	// Package formula makes one from a KEDA scalingModifiers block.
	Combine *Combine

	// Pause suspends scaling, wholly or in one direction.
	Pause Pause
}
