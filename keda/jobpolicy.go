package keda

import (
	"math"
	"strconv"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// JobPolicy returns the policy by which Jobs are created for a ScaledJob, or
// everything that is wrong with what it says about that. What is to be told
// about it besides is in [CheckScaledJob].
func JobPolicy(sj *v1alpha1.ScaledJob) (autoscale.JobPolicy, error) {
	policy, f := jobPolicyOf(sj)
	return policy, f.Err()
}

func jobPolicyOf(sj *v1alpha1.ScaledJob) (autoscale.JobPolicy, Findings) {
	var f Findings
	strategy := sj.Spec.ScalingStrategy
	policy := autoscale.JobPolicy{
		Min: sj.MinReplicas(), Max: sj.MaxReplicas(),
		Strategy:    autoscale.Strategy(strategy.Strategy),
		Calculation: autoscale.Calculation(strategy.MultipleScalersCalculation),
	}
	f.atLeast(incorrectPolicy, "minReplicaCount", sj.Spec.MinReplicaCount, 0)
	f.atLeast(incorrectPolicy, "maxReplicaCount", sj.Spec.MaxReplicaCount, 1)
	if policy.Min > policy.Max {
		f.Refuse(incorrectPolicy, "minReplicaCount: %d is greater than maxReplicaCount, which is %d", policy.Min, policy.Max)
	}
	f.atLeast(incorrectPolicy, "scalingStrategy.customScalingQueueLengthDeduction", strategy.CustomScalingQueueLengthDeduction, 0)
	if n := strategy.CustomScalingQueueLengthDeduction; n != nil {
		policy.Deduction = int(*n)
	}
	if policy.Strategy == autoscale.StrategyCustom {
		policy.RunningPercentage = f.percentage(strategy.CustomScalingRunningJobPercentage)
	}
	if f.Problems == nil {
		// In other words than the object's, but nothing is left to say that
		// the API server does not check.
		f.refuseAll(incorrectPolicy, "", policy.Validate())
	}
	return policy, f
}

// percentage returns the part of the running Jobs that the strategy custom takes
// off, nil if the object does not say it.
func (f *Findings) percentage(text string) *float64 {
	const field = "scalingStrategy.customScalingRunningJobPercentage"
	switch part, err := strconv.ParseFloat(text, 64); {
	case text == "":
		f.Warn("scalingStrategy: custom without customScalingRunningJobPercentage is default, as in KEDA")
	case err != nil || math.IsNaN(part):
		f.Warn("%s: %q is not a number such as 0.5, and custom without it is default, as in KEDA", field, text)
	case part < 0 || math.IsInf(part, 0):
		f.Refuse(incorrectPolicy, "%s: %q is not a number of at least 0", field, text)
	default:
		return &part
	}
	return nil
}
