package admission

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// scaledObject checks a ScaledObject. The reasons are KEDA's where it has them.
func (w *Webhook) scaledObject(ctx context.Context, r admission.Request, so *v1alpha1.ScaledObject) keda.Findings {
	direct, _ := keda.Direct(so, w.Direct) // what is wrong with it is in the findings
	f := keda.CheckScaledObject(so, w.Direct)
	f.Add(keda.CheckTriggers(w.Registry, so.Spec.Triggers, keda.OwnerOf(so, nil)))
	w.others(ctx, &f, so, direct)
	if r.DryRun == nil || !*r.DryRun {
		w.requests(ctx, &f, so)
	}
	return f
}
