package scaledobject

import (
	"context"
	"errors"
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An appliedHPA is what has been made of an HPA. What the API server, or
// somebody who has a say there, makes of it is taken as it is: it is not written
// again until something else is wanted, or somebody changes it.
type appliedHPA struct {
	wanted, got controller.Digest
	version     string // resourceVersion
	intolerant  bool   // the API server has left out a tolerance
}

// ensureHPA makes the HPA what it should be, and takes away the one that is not
// wanted any more. It makes sure that a deletion is noticed if there is something
// to do then.
func (r *reconciliation) ensureHPA(ctx context.Context) error {
	o := r.object
	if a := r.so.Spec.Advanced; a != nil && a.RestoreToOriginalReplicaCount {
		if err := o.SetFinalizer(ctx, r.so, true); err != nil {
			return err
		}
	}
	name := r.so.HPAName()
	if r.direct {
		if err := o.deleteHPAs(ctx, name, o.hpaName()); err != nil {
			return err
		}
		o.setHPA("", nil)
		return nil
	}
	policy := r.policy
	s := o.Lock()
	metrics := slices.Concat(r.resources, s.metrics.Specs())
	if s.hasIdle && s.Condition(v1alpha1.ConditionActive).Status == metav1.ConditionFalse {
		policy.Min = *policy.Idle // which the HPA would leave at once otherwise
	}
	if s.isLimited() && policy.Combine == nil {
		policy = hpa.ForLimits(policy)
	}
	o.Unlock()
	wanted, err := keda.HPA(r.so, policy, metrics...)
	if err != nil {
		return err
	}
	active, err := o.applyHPA(ctx, wanted, r.mayAdopt())
	if err != nil {
		return err
	}
	s = o.Lock()
	s.Caveat = r.caveat()
	o.Unlock()
	if before := o.hpaName(); before != name {
		applied := o.hpa
		if err := o.deleteHPAs(ctx, before); err != nil {
			return err
		}
		o.hpa = applied
	}
	o.setHPA(name, active)
	return nil
}

// mayAdopt says whether an HPA of somebody else may be taken over.
func (r *reconciliation) mayAdopt() bool {
	a := r.so.Spec.Advanced
	return r.so.Annotations[v1alpha1.AnnotationTransferHPAOwnership] == "true" &&
		a != nil && a.HorizontalPodAutoscalerConfig != nil && a.HorizontalPodAutoscalerConfig.Name != ""
}

func (o *object) hpaName() string {
	s := o.Lock()
	defer o.Unlock()
	return s.status.HpaName
}

// setHPA puts into the status which HPA there is, and what that says of itself if
// it says anything.
func (o *object) setHPA(name string, active *v1alpha1.Condition) {
	s := o.Lock()
	defer o.Unlock()
	s.status.HpaName = name
	switch {
	case name == "":
		v1alpha1.RemoveCondition(&s.status.Conditions, v1alpha1.ConditionHPAActive)
	case active != nil:
		s.Set(*active)
	}
}

// applyHPA makes the HPA of the object what it should be, and returns what it
// says of itself. It writes only where it is something else.
func (o *object) applyHPA(ctx context.Context, wanted *autoscalingv2.HorizontalPodAutoscaler, adopt bool) (*v1alpha1.Condition, error) {
	is, ok := o.reconciler.hpas.Get(types.NamespacedName{Namespace: wanted.Namespace, Name: wanted.Name})
	if !ok {
		made := wanted.DeepCopy()
		err := o.Core.Client.Create(ctx, made)
		if err == nil {
			o.hpaWritten(wanted, made)
			return nil, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, fmt.Errorf("creating HPA %s: %w", wanted.Name, err)
		}
		// It is one that is not watched, or not seen yet.
		var live autoscalingv2.HorizontalPodAutoscaler
		if err := o.Core.Live.Get(ctx, client.ObjectKeyFromObject(wanted), &live); err != nil {
			return nil, fmt.Errorf("reading HPA %s: %w", wanted.Name, err)
		}
		is = newWatchedHPA(&live)
	}
	if owner := metav1.GetControllerOf(is); owner == nil && !adopt {
		return nil, fmt.Errorf("HPA %s exists already and is not this ScaledObject's: delete it, or hand it over by the annotation %s: \"true\" and advanced.horizontalPodAutoscalerConfig.name: %s",
			is.Name, v1alpha1.AnnotationTransferHPAOwnership, is.Name)
	} else if owner != nil && owner.UID != o.UID {
		if past, err := o.isPast(ctx, owner); err != nil {
			return nil, err
		} else if !past {
			return nil, fmt.Errorf("HPA %s belongs to %s %s", is.Name, owner.Kind, owner.Name)
		}
	}
	switch want := hpaDigest(wanted); {
	case want == o.hpa.wanted && (o.hpa.got == is.digest || watch.IsBefore(is.ResourceVersion, o.hpa.version)):
		return is.active, nil
	case want == is.digest:
		o.hpa = appliedHPA{wanted: want, got: is.digest, version: is.ResourceVersion}
		return is.active, nil
	}
	made := wanted.DeepCopy() // without a version: whatever somebody has made of it meanwhile
	made.UID = is.UID
	err := o.Core.Client.Update(ctx, made)
	if apierrors.IsNotFound(err) { // it is gone, and the watch has not told that yet
		made = wanted.DeepCopy()
		err = o.Core.Client.Create(ctx, made)
	}
	if err != nil {
		return nil, fmt.Errorf("updating HPA %s: %w", wanted.Name, err)
	}
	o.hpaWritten(wanted, made)
	return is.active, nil
}

// isPast says whether the owner of an HPA is what had the object's name before
// it was recreated: the HPA is left over, and nobody else's, until Kubernetes
// collects it as garbage, which may take a while.
func (o *object) isPast(ctx context.Context, owner *metav1.OwnerReference) (bool, error) {
	if owner.APIVersion != v1alpha1.GroupVersion.String() || owner.Kind != string(controller.ScaledObject) || owner.Name != o.Name.Name {
		return false, nil
	}
	// It may as well be that the cache does not know yet who is the newer one.
	var live v1alpha1.ScaledObject
	if err := o.Core.Live.Get(ctx, o.Name, &live); err != nil {
		return false, fmt.Errorf("reading ScaledObject %s: %w", o.Name.Name, err)
	}
	return live.UID == o.UID, nil
}

// noTolerance is told where the API server leaves out the tolerance of an HPA.
const noTolerance = "the cluster leaves out the tolerance of an HPA (feature HPAConfigurableTolerance, on since Kubernetes 1.35), " +
	"so the HPA goes by the cluster's own, and may stop a few replicas short of the limit that a source states"

// hpaWritten takes note of what was wanted and what came of it, and tells once if
// that is less.
func (o *object) hpaWritten(wanted, made *autoscalingv2.HorizontalPodAutoscaler) {
	before := o.hpa.intolerant
	o.hpa = appliedHPA{
		wanted: hpaDigest(wanted), got: hpaDigest(made), version: made.ResourceVersion,
		intolerant: hasTolerance(wanted) && !hasTolerance(made),
	}
	if o.hpa.intolerant && !before {
		o.Event(corev1.EventTypeWarning, controller.EventScalerInfo, "%s", noTolerance)
	}
}

func hasTolerance(h *autoscalingv2.HorizontalPodAutoscaler) bool {
	b := h.Spec.Behavior
	return b != nil && (b.ScaleUp != nil && b.ScaleUp.Tolerance != nil || b.ScaleDown != nil && b.ScaleDown.Tolerance != nil)
}

// deleteHPAs deletes the HPAs with the given names that are the object's.
func (o *object) deleteHPAs(ctx context.Context, names ...string) error {
	var problems []error
	for i, name := range names {
		h, ok := o.reconciler.hpas.Get(types.NamespacedName{Namespace: o.Name.Namespace, Name: name})
		if !ok || i > 0 && name == names[0] || !h.DeletionTimestamp.IsZero() {
			continue
		}
		if owner := metav1.GetControllerOf(h); owner == nil || owner.UID != o.UID {
			continue
		}
		gone := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: h.Namespace, Name: h.Name}}
		if err := o.Core.Client.Delete(ctx, gone, client.Preconditions{UID: &h.UID}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			problems = append(problems, fmt.Errorf("deleting HPA %s: %w", name, err))
		}
	}
	o.hpa = appliedHPA{}
	return errors.Join(problems...)
}

// hpaChanged has the ScaledObject of an HPA reconciled if somebody has changed or
// deleted the HPA. What the HPA says of itself is news for the status and
// nothing more.
func (r *Reconciler) hpaChanged(before, now **watchedHPA) {
	if before == nil {
		return // it is our own
	}
	name, uid, ok := scaledObjectOf(*before)
	switch {
	case !ok:
	case now == nil || (*now).digest != (*before).digest:
		r.objects.Requests.Add(name)
	default:
		r.hpaConditionChanged(name, uid, (*now).active)
	}
}

// scaledObjectOf returns the ScaledObject that an HPA belongs to.
func scaledObjectOf(h *watchedHPA) (types.NamespacedName, types.UID, bool) {
	owner := metav1.GetControllerOf(h)
	if owner == nil || owner.Kind != string(controller.ScaledObject) {
		return types.NamespacedName{}, "", false
	}
	return types.NamespacedName{Namespace: h.Namespace, Name: owner.Name}, owner.UID, true
}

// hpaConditionChanged puts into the status what an HPA says of itself, if that is
// anything.
func (r *Reconciler) hpaConditionChanged(name types.NamespacedName, uid types.UID, active *v1alpha1.Condition) {
	o, ok := r.objects.Get(name)
	if !ok || o.UID != uid || active == nil {
		return
	}
	s := o.Lock()
	defer o.Unlock()
	if s.status.HpaName != "" && !controller.Alike(s.Set(*active), *active) {
		o.EnqueueStatus()
	}
}
