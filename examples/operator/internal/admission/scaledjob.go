package admission

import (
	"errors"
	"slices"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/azurekeyvault"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// scaledJob checks a ScaledJob.
func (w *Webhook) scaledJob(sj *v1alpha1.ScaledJob) keda.Findings {
	f := keda.CheckScaledJob(sj)
	triggers := slices.Clone(sj.Spec.Triggers)
	for i := range triggers {
		triggers[i].MetricType = "" // the policy has said what there is to say
	}
	f.Add(keda.CheckTriggers(w.Registry, triggers, keda.OwnerOfJobs(sj)))
	return f
}

// authentication checks a TriggerAuthentication or, in the cluster, a
// ClusterTriggerAuthentication.
func authentication(kind string, spec v1alpha1.TriggerAuthenticationSpec) keda.Findings {
	var f keda.Findings
	for _, err := range joined.Each("", errors.Join(keda.ValidateAuthentication(kind, spec), azurekeyvault.Check(spec.AzureKeyVault))) {
		f.Refuse("incorrect-authentication", "%v", err)
	}
	return f
}
