package scaledjob

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A reconciliation is one attempt to do what a ScaledJob asks for.
type reconciliation struct {
	controller.Reconciliation
	object *object
	sj     *v1alpha1.ScaledJob
}

func (o *object) reconcile(ctx context.Context, sj *v1alpha1.ScaledJob) (reconcile.Result, error) {
	r := &reconciliation{object: o, sj: sj}
	r.Triggers, r.Interval, r.Labels = sj.Spec.Triggers, sj.PollingInterval(), sj.Labels
	return o.Reconcile(ctx, &r.Reconciliation, r.do)
}

// do does what the object asks for, as far as it can. An error means that what
// runs is left as it is.
func (r *reconciliation) do(ctx context.Context) error {
	o := r.object
	if v1alpha1.Enabled(r.sj, v1alpha1.AnnotationPaused) {
		o.Stop()
		o.Pause(&r.Reconciliation)
		return nil
	}
	found := keda.CheckScaledJob(r.sj)
	if err := found.Err(); err != nil {
		return err
	}
	policy, err := keda.JobPolicy(r.sj)
	if err != nil {
		return err
	}
	if err := o.Open(ctx, &r.Reconciliation, &o.reconciler.objects.Refs, keda.OwnerOfJobs(r.sj), found.Warnings); err != nil {
		return err
	}
	o.Describe(o.Lock(), &r.Reconciliation)
	o.Unlock()
	return r.run(policy) //nolint:contextcheck // the Loop outlives this
}

// ownJobs are created only by the replica that owns the object.
type ownJobs struct {
	object *object
	*jobs.Jobs
}

// Create implements control.Jobs.
func (j ownJobs) Create(ctx context.Context, n int) (int, error) {
	return j.Jobs.Create(j.object.Guard(ctx), n)
}

// run has the triggers read, and Jobs created by them.
func (r *reconciliation) run(policy autoscale.JobPolicy) error {
	o := r.object
	of := controller.DigestOf([]any{r.sj.Spec, r.sj.Generation, r.sj.Labels, r.sj.Annotations})
	if _, same := o.Runs(&r.Reconciliation, of); same {
		return nil
	}
	s := o.Lock()
	state := s.policy
	o.Unlock()
	err := o.Run(&r.Reconciliation, of, control.Loop{
		Observe: o.observe,
		Jobs: &control.JobLoop{
			Policy: policy,
			State:  state,
			Commit: o.commit,
			Jobs: ownJobs{o, &jobs.Jobs{
				Tracker:              o.reconciler.Tracker,
				ScaledJob:            o.Name,
				Template:             jobs.Template(r.sj, o.reconciler.Version, o.target),
				PendingPodConditions: r.sj.Spec.ScalingStrategy.PendingPodConditions,
			}},
		},
	})
	if err != nil {
		return err
	}
	s = o.Lock()
	s.cleanup = cleanupOf(r.sj, o.target)
	o.Unlock()
	o.reconciler.cleanups.Add(o.Name)
	return nil
}
