package scaledobject

import (
	"context"
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/scalerkit/scalerkit/examples/operator/api/v1alpha1"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
)

// An appliedHPA is what has been made of an HPA. What the API server, or
// somebody who has a say there, makes of it is taken as it is: it is not written
// again until something else is wanted, or somebody changes it.
type appliedHPA struct {
	wanted, got controller.Digest
	version     string // resourceVersion
}

func hpaDigest(h *autoscalingv2.HorizontalPodAutoscaler) controller.Digest {
	return controller.DigestOf([]any{h.Labels, h.Annotations, h.OwnerReferences, h.Spec})
}

// applyHPA makes the HPA of the object what it should be, and returns it as it
// is. It writes only where that is something else.
func (o *object) applyHPA(ctx context.Context, wanted *autoscalingv2.HorizontalPodAutoscaler, adopt bool) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	is, err := o.readHPA(ctx, o.Client, wanted.Name)
	if err != nil {
		return nil, err
	}
	if is == nil {
		made := wanted.DeepCopy()
		err := o.Client.Create(ctx, made)
		if err == nil {
			o.hpaWritten(wanted, made)
			return made, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, fmt.Errorf("creating HPA %s: %w", wanted.Name, err)
		}
		// It is one that is not watched, or not seen yet.
		if is, err = o.readHPA(ctx, o.Live, wanted.Name); err != nil || is == nil {
			return nil, err
		}
	}
	if owner := metav1.GetControllerOf(is); owner == nil && !adopt {
		return nil, fmt.Errorf("HPA %s exists already and is not this ScaledObject's: delete it, or hand it over by the annotation %s: \"true\" and advanced.horizontalPodAutoscalerConfig.name: %s",
			is.Name, v1alpha1.AnnotationTransferHPAOwnership, is.Name)
	} else if owner != nil && owner.UID != o.uid {
		return nil, fmt.Errorf("HPA %s belongs to %s %s", is.Name, owner.Kind, owner.Name)
	}
	switch want := controller.DigestOf(wanted); {
	case want == o.hpa.wanted && (o.hpa.got == hpaDigest(is) || isBefore(is.ResourceVersion, o.hpa.version)):
		return is, nil
	case isAsWanted(is, wanted):
		o.hpaWritten(wanted, is)
		return is, nil
	}
	made := wanted.DeepCopy() // without a version: whatever somebody has made of it meanwhile
	made.UID = is.UID
	if err := o.Client.Update(ctx, made); err != nil {
		return nil, fmt.Errorf("updating HPA %s: %w", wanted.Name, err)
	}
	o.hpaWritten(wanted, made)
	return made, nil
}

// hpaWritten takes note of what was wanted and what came of it.
func (o *object) hpaWritten(wanted, is *autoscalingv2.HorizontalPodAutoscaler) {
	cutHPA(is) // as the cache does
	o.hpa = appliedHPA{wanted: controller.DigestOf(wanted), got: hpaDigest(is), version: is.ResourceVersion}
}

// readHPA returns an HPA, nil if there is none.
func (o *object) readHPA(ctx context.Context, from client.Reader, name string) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	h := &autoscalingv2.HorizontalPodAutoscaler{}
	err := from.Get(ctx, types.NamespacedName{Namespace: o.name.Namespace, Name: name}, h)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading HPA %s: %w", name, err)
	}
	return h, nil
}

// deleteHPAs deletes the HPAs with the given names that are the object's.
func (o *object) deleteHPAs(ctx context.Context, names ...string) error {
	var problems []error
	for i, name := range names {
		if name == "" || i > 0 && name == names[0] {
			continue
		}
		h, err := o.readHPA(ctx, o.Client, name)
		if err != nil {
			problems = append(problems, err)
		}
		if h == nil || !h.DeletionTimestamp.IsZero() {
			continue
		}
		if owner := metav1.GetControllerOf(h); owner == nil || owner.UID != o.uid {
			continue
		}
		if err := o.Client.Delete(ctx, h, client.Preconditions{UID: &h.UID}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			problems = append(problems, fmt.Errorf("deleting HPA %s: %w", name, err))
		}
	}
	o.hpa = appliedHPA{}
	return errors.Join(problems...)
}

// isBefore says whether version a of an object is older than b.
func isBefore(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order < 0
}

// hpaChanged has the ScaledObject of an HPA looked at if somebody has changed the
// HPA. What the HPA says of itself is news for the status and nothing more.
func (r *Reconciler) hpaChanged(_ context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	before, ok := e.ObjectOld.(*autoscalingv2.HorizontalPodAutoscaler)
	now, ok2 := e.ObjectNew.(*autoscalingv2.HorizontalPodAutoscaler)
	if !ok || !ok2 {
		return
	}
	name, uid, ok := scaledObjectOf(before)
	switch {
	case !ok:
	case !isAsWanted(now, before):
		queue.Add(reconcile.Request{NamespacedName: name})
	default:
		r.hpaSays(name, uid, hpaActive(now))
	}
}

// hpaDeleted has the ScaledObject of an HPA looked at that is gone.
func (r *Reconciler) hpaDeleted(_ context.Context, e event.DeleteEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	if name, _, ok := scaledObjectOf(e.Object); ok {
		queue.Add(reconcile.Request{NamespacedName: name})
	}
}

// scaledObjectOf returns the ScaledObject that an HPA belongs to.
func scaledObjectOf(h client.Object) (types.NamespacedName, types.UID, bool) {
	owner := metav1.GetControllerOf(h)
	if owner == nil || owner.Kind != string(controller.ScaledObject) {
		return types.NamespacedName{}, "", false
	}
	return types.NamespacedName{Namespace: h.GetNamespace(), Name: owner.Name}, owner.UID, true
}

// hpaSays puts into the status what an HPA says of itself, if that is anything.
func (r *Reconciler) hpaSays(name types.NamespacedName, uid types.UID, says *v1alpha1.Condition) {
	r.mu.Lock()
	o := r.objects[name]
	r.mu.Unlock()
	if o == nil || o.uid != uid || says == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status.HpaName != "" && !controller.Alike(o.set(*says), *says) {
		o.Core.Status.Enqueue(o)
	}
}
