package scaledjob

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const labelLimit = 63 // bytes that the value of a label may have

// Policy returns the policy by which Jobs are created for a ScaledJob, what is
// to be told about it, and everything that is wrong with what the object says
// about that.
func Policy(sj *v1alpha1.ScaledJob) (policy autoscale.JobPolicy, warnings []string, err error) {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	strategy := sj.Spec.ScalingStrategy
	policy = autoscale.JobPolicy{
		Min: sj.MinReplicas(), Max: sj.MaxReplicas(),
		Strategy:    autoscale.Strategy(strategy.Strategy),
		Calculation: autoscale.Calculation(strategy.MultipleScalersCalculation),
	}
	if len(sj.Name) > labelLimit {
		add("metadata.name: its %d characters do not fit into the label %s, which may have %d", len(sj.Name), v1alpha1.LabelScaledJobName, labelLimit)
	}
	if sj.Spec.JobTargetRef == nil {
		add("jobTargetRef: is missing: it is the template of the Jobs")
	}
	if policy.Min > policy.Max {
		add("minReplicaCount: %d is greater than maxReplicaCount, which is %d", policy.Min, policy.Max)
	}
	if n := strategy.CustomScalingQueueLengthDeduction; n != nil {
		if policy.Deduction = int(*n); *n < 0 {
			add("scalingStrategy.customScalingQueueLengthDeduction: %d is less than 0", *n)
		}
	}
	if policy.Strategy == autoscale.StrategyCustom {
		text := strategy.CustomScalingRunningJobPercentage
		switch part, err := strconv.ParseFloat(text, 64); {
		case text == "":
			warnings = append(warnings, "scalingStrategy: custom without customScalingRunningJobPercentage is default, as in KEDA")
		case err != nil || math.IsNaN(part):
			warnings = append(warnings, fmt.Sprintf("scalingStrategy.customScalingRunningJobPercentage: %q is not a number such as 0.5, and custom without it is default, as in KEDA", text))
		case part < 0 || math.IsInf(part, 0):
			add("scalingStrategy.customScalingRunningJobPercentage: %q is not a number of at least 0", text)
		default:
			policy.RunningPercentage = &part
		}
	}
	more, triggers := checkTriggers(sj.Spec.Triggers)
	warnings, problems = append(warnings, more...), append(problems, triggers...)
	if problems == nil {
		// In other words than the object's, but nothing is left to say that
		// the API server does not check.
		if err := policy.Validate(); err != nil {
			problems = append(problems, err)
		}
	}
	return policy, warnings, errors.Join(problems...)
}

func checkTriggers(triggers []v1alpha1.ScaleTriggers) (warnings []string, problems []error) {
	names := make(map[string]bool)
	readable := 0
	for i, t := range triggers {
		if t.MetricType != "" {
			problems = append(problems, fmt.Errorf("triggers[%d].metricType: %s means nothing to a ScaledJob: leave it out", i, t.MetricType))
		}
		if t.Name != "" && names[t.Name] {
			problems = append(problems, fmt.Errorf("triggers[%d].name: another trigger is named %q, too", i, t.Name))
		}
		names[t.Name] = true
		if controller.IsResource(t.Type) {
			warnings = append(warnings, fmt.Sprintf("triggers[%d]: %s is passed over: it is for ScaledObjects, whose HPA reads it", i, t.Type))
			continue
		}
		readable++
	}
	if readable == 0 {
		problems = append(problems, errors.New("triggers: there is none to create Jobs by"))
	}
	return warnings, problems
}
