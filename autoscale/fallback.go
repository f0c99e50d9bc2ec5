package autoscale

// A Fallback is the number of replicas to have while a trigger fails for
// long. Such a trigger counts as active if that number is not zero, so that a
// fallback wakes a workload from zero. It never lets a workload go to zero or
// Idle. The number is not subject to the tolerance, and a fallback of one
// trigger takes the place of Policy.Combine as a whole.
type Fallback struct {
	// Failures is how many consecutive failures of a trigger are borne by
	// holding: at least 0. The fallback acts from the next one on.
	Failures int

	// Replicas is the number to have: at least 0.
	Replicas int

	// Behavior relates Replicas to the current number of replicas. Empty means
	// [Static].
	Behavior FallbackBehavior
}

// A FallbackBehavior relates a [Fallback] to the current replicas.
type FallbackBehavior string

const (
	// Static calls for Fallback.Replicas.
	Static FallbackBehavior = "static"

	// CurrentReplicas calls for the current number.
	CurrentReplicas FallbackBehavior = "currentReplicas"

	// CurrentReplicasIfHigher calls for the larger of the two.
	CurrentReplicasIfHigher FallbackBehavior = "currentReplicasIfHigher"

	// CurrentReplicasIfLower calls for the smaller of the two.
	CurrentReplicasIfLower FallbackBehavior = "currentReplicasIfLower"

	// ScalingModifiers evaluates Policy.Combine without the trigger. If that
	// keeps failing too, it is Static.
	ScalingModifiers FallbackBehavior = "scalingModifiers"
)

// replicas returns the number of replicas to have in place of current.
func (f *Fallback) replicas(current int) int {
	n := min(max(f.Replicas, 0), maxReplicas)
	switch f.Behavior {
	case CurrentReplicas:
		return current
	case CurrentReplicasIfHigher:
		return max(n, current)
	case CurrentReplicasIfLower:
		return min(n, current)
	}
	return n
}
