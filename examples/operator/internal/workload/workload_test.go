package workload

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
)

var (
	deployments = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	widgets     = schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}
	rollouts    = schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "Rollout"}
	daemonSets  = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DaemonSet"}
	worker      = types.NamespacedName{Namespace: "shop", Name: "worker"}
)

// A cluster is what the API server has of one workload, and what a watch has
// told of it.
type cluster struct {
	informer *controllertest.FakeInformer

	version         int
	replicas, ready int64
	noScale         bool
	noList          bool
	noResources     error
	spec            map[string]any // of what is read, if not a pod template
	template        map[string]any // of PodTemplates; nil: there are none
	requests        []string
}

func newCluster() *cluster {
	return &cluster{informer: &controllertest.FakeInformer{Synced: true}, version: 10}
}

func (c *cluster) workloads(changed func(Ref, Change)) *Workloads {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(deployments, meta.RESTScopeNamespace)
	mapper.Add(widgets, meta.RESTScopeNamespace)
	mapper.Add(rollouts, meta.RESTScopeNamespace)
	mapper.Add(daemonSets, meta.RESTScopeNamespace)
	resources := func(groupVersion string) (*metav1.APIResourceList, error) {
		list := &metav1.APIResourceList{GroupVersion: groupVersion}
		for _, name := range []string{"daemonsets", "daemonsets/status", "deployments/scale", "widgets/scale", "rollouts/scale"} {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: name})
		}
		return list, c.noResources
	}
	return &Workloads{Client: live{cluster: c}, Live: live{cluster: c}, Cache: watching{cluster: c}, Mapper: mapper, Resources: resources, Changed: changed}
}

func (c *cluster) target(t *testing.T, kind schema.GroupVersionKind) *Target {
	t.Helper()
	target, err := c.workloads(nil).Target(t.Context(), Ref{Kind: kind, NamespacedName: worker})
	require.NoError(t, err)
	return target
}

// watching is the cache.
type watching struct {
	cache.Cache
	*cluster
}

func (w watching) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return w.informer, nil
}

// live is the API server.
type live struct {
	client.Client
	*cluster
}

func (l live) List(context.Context, client.ObjectList, ...client.ListOption) error {
	if l.noList {
		return apierrors.NewForbidden(schema.GroupResource{}, "", nil)
	}
	return nil
}

func (l live) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	if l.noList {
		return apierrors.NewForbidden(schema.GroupResource{}, "", nil)
	}
	l.cluster.requests = append(l.cluster.requests, "get")
	u := o.(*unstructured.Unstructured)
	u.SetNamespace("shop")
	switch {
	case u.GetKind() == "PodTemplate" && l.template == nil:
		return apierrors.NewNotFound(schema.GroupResource{}, "worker")
	case u.GetKind() == "PodTemplate":
		return unstructured.SetNestedMap(u.Object, l.template, "template")
	case l.spec != nil:
		return unstructured.SetNestedMap(u.Object, l.spec, "spec")
	}
	return unstructured.SetNestedMap(u.Object, map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"app": "worker"}},
	}, "spec", "template")
}

func (l live) SubResource(string) client.SubResourceClient { return scaling{cluster: l.cluster} }

type scaling struct {
	client.SubResourceClient
	*cluster
}

func (s scaling) answer(o client.Object) error {
	if s.noScale {
		return apierrors.NewGenericServerResponse(http.StatusNotFound, "get", schema.GroupResource{}, "", "", 0, false)
	}
	u := o.(*unstructured.Unstructured)
	u.SetResourceVersion(strconv.Itoa(s.version))
	u.Object["spec"] = map[string]any{"replicas": s.replicas}
	u.Object["status"] = map[string]any{"replicas": s.ready}
	return nil
}

func (s scaling) Get(_ context.Context, _, scale client.Object, _ ...client.SubResourceGetOption) error {
	s.cluster.requests = append(s.cluster.requests, "get scale")
	return s.answer(scale)
}

func (s scaling) Patch(_ context.Context, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	data, err := p.Data(o)
	if err != nil {
		return err
	}
	s.cluster.requests = append(s.cluster.requests, "patch scale "+string(data))
	var patch struct{ Spec struct{ Replicas int64 } }
	if err := json.Unmarshal(data, &patch); err != nil {
		return err
	}
	s.cluster.version++
	s.cluster.replicas = patch.Spec.Replicas
	options := client.SubResourcePatchOptions{}
	options.ApplyOptions(opts)
	s.version = s.cluster.version
	return s.answer(options.SubResourceBody)
}

// see makes the watch tell what the API server has.
func (c *cluster) see(t testing.TB, kind schema.GroupVersionKind) {
	t.Helper()
	m := metav1.ObjectMeta{Namespace: "shop", Name: "worker", ResourceVersion: strconv.Itoa(c.version)}
	if kind == widgets {
		c.informer.Add(&metav1.PartialObjectMetadata{ObjectMeta: m})
		return
	}
	n := int32(c.replicas)
	c.informer.Add(cached(t, &appsv1.Deployment{
		ObjectMeta: m,
		Spec:       appsv1.DeploymentSpec{Replicas: &n},
		Status:     appsv1.DeploymentStatus{ReadyReplicas: int32(c.ready)},
	}))
}

// cached returns what a cache makes of a
func cached(t testing.TB, workload client.Object) metav1.Object {
	t.Helper()
	for object, by := range CacheOptions() {
		if reflect.TypeOf(object) == reflect.TypeOf(workload) {
			kept, err := by.Transform(workload)
			require.NoError(t, err)
			return kept.(metav1.Object)
		}
	}
	t.Fatalf("%T is not cached", workload)
	return nil
}

func (c *cluster) asked() []string {
	list := c.requests
	c.requests = nil
	return list
}

func replicas(t *testing.T, target *Target) (replicas, ready int) {
	t.Helper()
	n, err := target.Replicas(t.Context())
	require.NoError(t, err)
	r, err := target.Ready(t.Context())
	require.NoError(t, err)
	return n, r
}

func TestDeploymentFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster()
		c.replicas, c.ready = 3, 2
		target := c.target(t, deployments)
		c.see(t, deployments)
		n, ready := replicas(t, target)
		require.Equal(t, []int{3, 2}, []int{n, ready})
		require.Empty(t, c.asked(), "a round costs no request")

		require.NoError(t, target.SetReplicas(t.Context(), 7))
		require.Equal(t, []string{`patch scale {"spec":{"replicas":7}}`}, c.asked())
		n, ready = replicas(t, target)
		require.Equal(t, []int{7, 2}, []int{n, ready}, "what was written is known at once")

		c.see(t, deployments)
		n, _ = replicas(t, target)
		require.Equal(t, 7, n)
		c.version, c.replicas = c.version+1, 9 // the HPA's
		c.see(t, deployments)
		n, _ = replicas(t, target)
		require.Equal(t, 9, n)
		require.Empty(t, c.asked())
	})
}

func TestLateWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster()
		target := c.target(t, deployments)
		c.see(t, deployments)
		require.NoError(t, target.SetReplicas(t.Context(), 7))
		c.asked()
		time.Sleep(29 * time.Second)
		n, _ := replicas(t, target)
		require.Equal(t, 7, n)
		require.Empty(t, c.asked())

		c.version, c.replicas = c.version+1, 4
		time.Sleep(2 * time.Second)
		n, _ = replicas(t, target)
		require.Equal(t, 4, n, "a watch that is so late is not waited for")
		require.Contains(t, c.asked(), "get scale")
	})
}

func TestUnsyncedWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster()
		c.informer.Synced = false
		c.replicas = 3
		n, err := c.target(t, deployments).Replicas(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.Equal(t, []string{"get scale"}, c.asked())
	})
}

func TestOtherKind(t *testing.T) {
	c := newCluster()
	c.replicas, c.ready = 3, 2
	target := c.target(t, widgets)
	c.see(t, widgets)
	n, ready := replicas(t, target)
	require.Equal(t, []int{3, 2}, []int{n, ready})
	n, _ = replicas(t, target)
	require.Equal(t, 3, n)
	require.Equal(t, []string{"get scale"}, c.asked(), "once for each version of the workload")

	require.NoError(t, target.SetReplicas(t.Context(), 5))
	c.asked()
	n, _ = replicas(t, target)
	require.Equal(t, 5, n)
	require.Empty(t, c.asked())
	c.version, c.replicas = c.version+1, 6
	c.see(t, widgets)
	n, _ = replicas(t, target)
	require.Equal(t, 6, n)
	require.Equal(t, []string{"get scale"}, c.asked())

	template, err := target.Template(t.Context())
	require.NoError(t, err)
	require.Equal(t, "worker", template.Labels["app"])
}

// The permission to scale a kind is not one to list or read it.
func TestOtherKindThatMayNotBeRead(t *testing.T) {
	c := newCluster()
	c.noList, c.replicas = true, 3
	target := c.target(t, widgets)
	for range 2 {
		n, err := target.Replicas(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, n)
	}
	require.Equal(t, []string{"get scale", "get scale"}, c.asked())
	template, err := target.Template(t.Context())
	require.NoError(t, err)
	require.Nil(t, template)
}

func TestMissing(t *testing.T) {
	c := newCluster()
	_, err := c.target(t, deployments).Replicas(t.Context())
	require.EqualError(t, err, "Deployment shop/worker does not exist")
	require.ErrorIs(t, err, ErrMissing)
	_, err = c.target(t, deployments).Template(t.Context())
	require.EqualError(t, err, "Deployment shop/worker does not exist")

	c.noScale = true
	err = c.target(t, deployments).SetReplicas(t.Context(), 3)
	require.EqualError(t, err, "Deployment shop/worker does not exist")
	widget := c.target(t, widgets)
	c.see(t, widgets)
	_, err = widget.Replicas(t.Context())
	require.EqualError(t, err, "Widget shop/worker cannot be scaled: the kind has no scale subresource")

	_, err = c.workloads(nil).Target(t.Context(), Ref{Kind: schema.GroupVersionKind{Group: "a", Version: "v1", Kind: "B"}})
	require.EqualError(t, err, "there is no kind B in a/v1 in this cluster")
}

func TestKindThatCannotBeScaled(t *testing.T) {
	c := newCluster()
	c.noList = true // as it is for what the operator was not told of
	_, err := c.workloads(nil).Target(t.Context(), Ref{Kind: daemonSets, NamespacedName: worker})
	require.EqualError(t, err, "kind DaemonSet in apps/v1 has no /scale subresource, and only what has one can be scaled")
	c.noResources = errors.New("connection refused")
	_, err = c.workloads(nil).Target(t.Context(), Ref{Kind: daemonSets, NamespacedName: worker})
	require.EqualError(t, err, "looking for the resources of apps/v1: connection refused")
}

func TestChanges(t *testing.T) {
	type change struct {
		name string
		what Change
	}
	var told []change
	c := newCluster()
	w := c.workloads(func(ref Ref, what Change) {
		require.Equal(t, deployments, ref.Kind)
		told = append(told, change{ref.Name, what})
	})
	for range 2 {
		_, err := w.Target(t.Context(), Ref{Kind: deployments, NamespacedName: worker})
		require.NoError(t, err)
	}
	three, four := int32(3), int32(4)
	before := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "worker", Generation: 1}, Spec: appsv1.DeploymentSpec{Replicas: &three}}
	scaled := before.DeepCopy()
	scaled.Generation, scaled.Spec.Replicas = 2, &four
	other := scaled.DeepCopy()
	other.Generation, other.Spec.Template.Spec.ServiceAccountName = 3, "robot"
	for _, d := range []*appsv1.Deployment{before, scaled, other} {
		c.informer.Add(cached(t, d))
	}
	c.informer.Delete(cached(t, other))
	require.Equal(t, []change{{"worker", Appeared}, {"worker", Respecified}, {"worker", Disappeared}}, told,
		"each once, and other replicas are no news")
}

func TestCacheOptions(t *testing.T) {
	three := int32(3)
	main := corev1.Container{
		Name: "main", Image: "large", Command: []string{"run"},
		Env: []corev1.EnvVar{{Name: "A", Value: "1"}}, EnvFrom: []corev1.EnvFromSource{{Prefix: "B"}},
	}
	m := metav1.ObjectMeta{Namespace: "shop", Name: "worker", UID: "u", ResourceVersion: "1", Generation: 2}
	full := *m.DeepCopy()
	full.Annotations, full.ManagedFields = map[string]string{"long": "text"}, []metav1.ManagedFieldsEntry{{}}
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{ServiceAccountName: "robot", NodeName: "node", Containers: []corev1.Container{main}}}
	for _, object := range []client.Object{
		&appsv1.Deployment{ObjectMeta: full, Spec: appsv1.DeploymentSpec{Replicas: &three, Template: template}, Status: appsv1.DeploymentStatus{ReadyReplicas: 2}},
		&appsv1.StatefulSet{ObjectMeta: full, Spec: appsv1.StatefulSetSpec{Replicas: &three, Template: template}, Status: appsv1.StatefulSetStatus{ReadyReplicas: 2}},
	} {
		kept := cached(t, object).(*watched)
		require.Equal(t, m, kept.ObjectMeta)
		s, whole := scaleOf(kept)
		require.True(t, whole)
		require.Equal(t, scale{replicas: 3, ready: 2}, s)
		require.Equal(t, &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			ServiceAccountName: "robot",
			InitContainers:     []corev1.Container{},
			Containers:         []corev1.Container{{Name: "main", Env: main.Env, EnvFrom: main.EnvFrom}},
		}}, kept.template())
	}
	require.Equal(t, int32(1), cached(t, &appsv1.Deployment{}).(*watched).replicas, "what the API server makes of none")
}
