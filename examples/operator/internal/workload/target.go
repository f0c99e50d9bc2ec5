package workload

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/watch"
)

// lagLimit is how long a watch may be behind what was written. After that the
// API server is asked.
const lagLimit = 30 * time.Second

// A Target is a workload that is scaled. It implements [control.Workload] and
// [control.ReadyCounter]. Its methods may be called concurrently.
type Target struct {
	name      types.NamespacedName
	workloads *Workloads
	kind      *kind

	mu   sync.Mutex
	last scale // what was written or read last
}

var _ control.ReadyCounter = (*Target)(nil)

// A scale is what the scale subresource said of a version of the workload.
type scale struct {
	version         string // resourceVersion; empty: nothing is known
	replicas, ready int
	written         time.Time // zero if it was read
}

// Target returns the workload that ref names, which need not exist yet. The
// error says that its kind does not.
func (w *Workloads) Target(ctx context.Context, ref Ref) (*Target, error) {
	k, err := w.kind(ctx, ref.Kind)
	if err != nil {
		return nil, err
	}
	return &Target{name: ref.NamespacedName, workloads: w, kind: k}, nil
}

// Ref returns what names the target.
func (t *Target) Ref() Ref { return Ref{t.kind.gvk, t.name} }

// Resource returns the resource of the target's kind.
func (t *Target) Resource() schema.GroupVersionResource { return t.kind.resource }

// Replicas implements [control.Workload].
func (t *Target) Replicas(ctx context.Context) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.current(ctx)
	return s.replicas, err
}

// Ready implements [control.ReadyCounter]. For kinds of which only the scale
// subresource is known, these are the replicas that exist.
func (t *Target) Ready(ctx context.Context) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.current(ctx)
	return s.ready, err
}

// current returns the newest scale that is known. The caller holds the mutex.
func (t *Target) current(ctx context.Context) (scale, error) {
	object, known, err := t.kind.get(t.name)
	if err != nil {
		return scale{}, err
	}
	if !known {
		return t.read(ctx)
	}
	version := object.GetResourceVersion()
	watched, whole := scaleOf(object)
	switch {
	case t.last.version == "":
	case version == t.last.version && !whole:
		return t.last, nil
	case watch.IsBefore(version, t.last.version):
		if written := t.last.written; !written.IsZero() && time.Since(written) > lagLimit {
			return t.read(ctx)
		}
		return scale{replicas: t.last.replicas, ready: max(watched.ready, t.last.ready)}, nil
	}
	if whole {
		return watched, nil
	}
	return t.read(ctx)
}

// scaleOf returns what an object of a watch tells of its scale, and whether
// that is all of it.
func scaleOf(object metav1.Object) (s scale, whole bool) {
	w, whole := object.(*watched)
	if whole {
		s.replicas, s.ready = int(w.replicas), int(w.ready)
	}
	return s, whole
}

// SetReplicas implements [control.Workload].
func (t *Target) SetReplicas(ctx context.Context, n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	answer := newScale()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":`+strconv.Itoa(n)+`}}`))
	if err := t.workloads.Client.SubResource("scale").Patch(ctx, t.object(), patch, client.WithSubResourceBody(answer)); err != nil {
		return t.explain(fmt.Errorf("scaling %s to %d: %w", t.Ref(), n, err))
	}
	t.last = scale{version: answer.GetResourceVersion(), replicas: n, ready: t.last.ready, written: time.Now()}
	return nil
}

// read reads the scale subresource. The caller holds the mutex.
func (t *Target) read(ctx context.Context) (scale, error) {
	answer := newScale()
	if err := t.workloads.Client.SubResource("scale").Get(ctx, t.object(), answer); err != nil {
		return scale{}, t.explain(fmt.Errorf("reading the scale of %s: %w", t.Ref(), err))
	}
	replicas, _, err := unstructured.NestedInt64(answer.Object, "spec", "replicas")
	if err != nil {
		return scale{}, fmt.Errorf("reading the scale of %s: %w", t.Ref(), err)
	}
	exist, _, err := unstructured.NestedInt64(answer.Object, "status", "replicas")
	if err != nil {
		return scale{}, fmt.Errorf("reading the scale of %s: %w", t.Ref(), err)
	}
	t.last = scale{version: answer.GetResourceVersion(), replicas: int(replicas), ready: int(exist)}
	return t.last, nil
}

// explain makes a 404 say what it is that does not exist.
func (t *Target) explain(err error) error {
	if !apierrors.IsNotFound(err) {
		return err
	}
	if _, known, missing := t.kind.get(t.name); known && missing == nil {
		return fmt.Errorf("%s cannot be scaled: the kind has no scale subresource", t.Ref())
	}
	return fmt.Errorf("%s %w", t.Ref(), ErrMissing)
}

// Template returns the pod template of the target, nil if its kind has none, or
// one that may not be read: not more than the scale subresource may be. It has
// the containers' names and environments and the service account.
func (t *Target) Template(ctx context.Context) (*corev1.PodTemplateSpec, error) {
	object, known, err := t.kind.get(t.name)
	if err != nil {
		return nil, err
	}
	if known {
		if w, ok := object.(*watched); ok {
			return w.template(), nil
		}
	}
	whole := t.object()
	if err := t.workloads.Client.Get(ctx, t.name, whole); err != nil {
		switch {
		case apierrors.IsForbidden(err):
			return nil, nil //nolint:nilerr // few need it, and they say so
		case apierrors.IsNotFound(err):
			return nil, fmt.Errorf("%s %w", t.Ref(), ErrMissing)
		}
		return nil, fmt.Errorf("reading %s: %w", t.Ref(), err)
	}
	if from, ok := templateRef(whole); ok {
		return t.templateOf(ctx, from)
	}
	return podTemplate(t.Ref(), whole, "spec", "template")
}

// object returns what the client needs to know of the target.
func (t *Target) object() *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(t.kind.gvk)
	u.SetNamespace(t.name.Namespace)
	u.SetName(t.name.Name)
	return u
}

func newScale() *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"})
	return u
}
