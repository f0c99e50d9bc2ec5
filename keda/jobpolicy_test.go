package keda

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestPolicies(t *testing.T) {
	half := 0.5
	const fake = "triggers: [{type: fake, metadata: {}}]"
	for name, c := range map[string]struct {
		spec     string
		want     autoscale.JobPolicy
		warnings []string
		err      string
	}{
		"defaults": {
			spec: fake,
			want: autoscale.JobPolicy{Max: 100},
		},
		"all": {
			spec: fake + `
minReplicaCount: 2
maxReplicaCount: 7
scalingStrategy:
  strategy: custom
  customScalingQueueLengthDeduction: 3
  customScalingRunningJobPercentage: "0.5"
  multipleScalersCalculation: sum`,
			want: autoscale.JobPolicy{Min: 2, Max: 7, Strategy: "custom", Calculation: "sum", Deduction: 3, RunningPercentage: &half},
		},
		"auto": {
			spec: fake + "\nscalingStrategy: {strategy: auto}",
			want: autoscale.JobPolicy{Max: 100, Strategy: autoscale.StrategyAuto},
		},
		"custom without a percentage": {
			spec:     fake + "\nscalingStrategy: {strategy: custom}",
			want:     autoscale.JobPolicy{Max: 100, Strategy: "custom"},
			warnings: []string{"scalingStrategy: custom without customScalingRunningJobPercentage is default, as in KEDA"},
		},
		"a percentage that is no number": {
			spec:     fake + "\nscalingStrategy: {strategy: custom, customScalingRunningJobPercentage: 50 %}",
			want:     autoscale.JobPolicy{Max: 100, Strategy: "custom"},
			warnings: []string{`scalingStrategy.customScalingRunningJobPercentage: "50 %" is not a number such as 0.5, and custom without it is default, as in KEDA`},
		},
		"a percentage that nobody reads": {
			spec: fake + "\nscalingStrategy: {strategy: eager, customScalingRunningJobPercentage: 50 %}",
			want: autoscale.JobPolicy{Max: 100, Strategy: "eager"},
		},
		"cpu beside another": {
			spec:     "triggers: [{type: cpu, metadata: {}}, {type: fake, metadata: {}}]",
			want:     autoscale.JobPolicy{Max: 100},
			warnings: []string{"triggers[0]: cpu is passed over: it is for ScaledObjects, whose HPA reads it"},
		},
		"everything is wrong": {
			spec: `
minReplicaCount: 3
maxReplicaCount: 2
scalingStrategy: {strategy: custom, customScalingQueueLengthDeduction: -1, customScalingRunningJobPercentage: "-0.5"}
triggers:
- {type: fake, name: a, metricType: AverageValue, metadata: {}}
- {type: fake, name: a, metadata: {}}`,
			err: `
minReplicaCount: 3 is greater than maxReplicaCount, which is 2
scalingStrategy.customScalingQueueLengthDeduction: -1 is less than 0
scalingStrategy.customScalingRunningJobPercentage: "-0.5" is not a number of at least 0
triggers[0].metricType: AverageValue means nothing to a ScaledJob: leave it out
triggers[1].name: another trigger is named "a", too`,
		},
		"a strategy that no API server would let pass": {
			spec: fake + "\nscalingStrategy: {strategy: lazy}",
			err:  `Strategy: "lazy" is not one of default, custom, accurate, eager, auto`,
		},
		"cpu alone": {
			spec:     "triggers: [{type: cpu, metadata: {}}]",
			warnings: []string{"triggers[0]: cpu is passed over: it is for ScaledObjects, whose HPA reads it"},
			err:      "triggers: there is none to create Jobs by",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sj := parseJob(t, "metadata: {name: export}\nspec:\n  jobTargetRef: {template: {}}\n  "+strings.ReplaceAll(strings.TrimSpace(c.spec), "\n", "\n  "))
			f := CheckScaledJob(sj)
			assert.Equal(t, c.warnings, f.Warnings)
			if c.err != "" {
				assert.EqualError(t, f.Err(), strings.TrimSpace(c.err))
				return
			}
			require.NoError(t, f.Err())
			got, err := JobPolicy(sj)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestWhatTheJobsNeedOfTheObject(t *testing.T) {
	sj := parseJob(t, "spec: {pollingInterval: 0, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -2, rolloutStrategy: a, rollout: {strategy: b, propagationPolicy: c}, triggers: [{type: fake, metadata: {}}]}")
	sj.Name = strings.Repeat("x", 64)
	f := CheckScaledJob(sj)
	assert.EqualError(t, f.Err(), strings.TrimSpace(`
metadata.name: its 64 characters do not fit into the label scaledjob.keda.sh/name, which may have 63
jobTargetRef: is missing: it is the template of the Jobs
pollingInterval: 0 is less than 1
successfulJobsHistoryLimit: -1 is less than 0
failedJobsHistoryLimit: -2 is less than 0
rolloutStrategy: "a" is not one of default, gradual, immediate
rollout.strategy: "b" is not one of default, gradual, immediate
rollout.propagationPolicy: "c" is not one of background, foreground`))
}

// parseJob returns a ScaledJob as a user writes it.
func parseJob(t *testing.T, text string) *v1alpha1.ScaledJob {
	t.Helper()
	sj := &v1alpha1.ScaledJob{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), sj))
	return sj
}
