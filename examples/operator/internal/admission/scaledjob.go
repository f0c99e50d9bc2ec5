package admission

import (
	"slices"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledjob"
	"github.com/scalerkit/scalerkit/examples/operator/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// scaledJob checks a ScaledJob.
func (w *Webhook) scaledJob(sj *v1alpha1.ScaledJob) findings {
	var f findings
	_, warnings, err := scaledjob.Policy(sj)
	for _, err := range joined.Each("", err) {
		f.refuse("incorrect-policy", "%v", err)
	}
	f.warnings = warnings
	triggers := slices.Clone(sj.Spec.Triggers)
	for i := range triggers {
		triggers[i].MetricType = "" // the policy has said what there is to say
	}
	w.parameters(&f, triggers)
	return f
}

// authentication checks a TriggerAuthentication or, in the cluster, a
// ClusterTriggerAuthentication.
func authentication(spec v1alpha1.TriggerAuthenticationSpec, cluster bool) findings {
	var f findings
	for _, err := range joined.Each("", auth.Validate(spec)) {
		f.refuse("incorrect-authentication", "%v", err)
	}
	if spec.FilePath != "" && !cluster {
		f.refuse("incorrect-authentication", "filePath: only a ClusterTriggerAuthentication may read files of the operator")
	}
	return f
}
