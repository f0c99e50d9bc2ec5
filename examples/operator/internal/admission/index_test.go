package admission

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// scales returns a ScaledObject with a target, and an HPA of that name; empty is the
// default one.
func scales(name, target, hpa string) *v1alpha1.ScaledObject {
	return &v1alpha1.ScaledObject{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		Spec: v1alpha1.ScaledObjectSpec{
			ScaleTargetRef: &v1alpha1.ScaleTarget{Name: target},
			Advanced:       &v1alpha1.AdvancedConfig{HorizontalPodAutoscalerConfig: &v1alpha1.HorizontalPodAutoscalerConfig{Name: hpa}},
		},
	}
}

func TestIndexFollowsTheCache(t *testing.T) {
	scheme := runtime.NewScheme()
	require.NoError(t, v1alpha1.AddToScheme(scheme))
	informers := &informertest.FakeInformers{Scheme: scheme}
	index, err := NewIndex(t.Context(), informers)
	require.NoError(t, err)
	require.True(t, index.synced())
	informer, err := informers.FakeInformerFor(t.Context(), &v1alpha1.ScaledObject{})
	require.NoError(t, err)
	who := func(target, hpa string) [2][]string {
		so := scales("asks", target, hpa)
		users, err := index.others(targetClaim(so), "asks")
		require.NoError(t, err)
		owners, err := index.others(hpaClaim(so), "asks")
		require.NoError(t, err)
		return [2][]string{append([]string(nil), users...), append([]string(nil), owners...)}
	}

	a, b := scales("a", "worker", ""), scales("b", "worker", "mine")
	informer.Add(a)
	informer.Add(b)
	informer.Add(scales("asks", "worker", "mine"))
	require.Equal(t, [2][]string{{"a", "b"}, {"b"}}, who("worker", "mine"), "but for the one that asks")
	require.Equal(t, [2][]string{nil, {"a"}}, who("idler", "keda-hpa-a"))
	require.Equal(t, map[string]int{"shop": 3}, index.objects)

	moved := scales("a", "idler", "mine")
	informer.Update(a, moved)
	require.Equal(t, [2][]string{{"b"}, {"a", "b"}}, who("worker", "mine"))
	require.Equal(t, [2][]string{{"a"}, nil}, who("idler", "keda-hpa-a"))

	ending := b.DeepCopy()
	ending.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	informer.Update(b, ending)
	require.Equal(t, [2][]string{nil, {"a"}}, who("worker", "mine"))
	require.Equal(t, 2, index.count("shop"))
	informer.Delete(ending)
	informer.Delete(moved)
	require.Equal(t, [2][]string{nil, nil}, who("idler", "mine"))

	aimless := &v1alpha1.ScaledObject{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "aimless"}}
	informer.Add(aimless)
	require.Equal(t, [2][]string{nil, {"aimless"}}, who("worker", "keda-hpa-aimless"))
	index.change(&aimless, nil)
	index.change(&moved, nil)
	require.Equal(t, []string{"asks"}, index.names[hpaClaim(moved)])
}

func TestIndexWithoutInformer(t *testing.T) {
	_, err := NewIndex(t.Context(), noInformers{})
	require.ErrorIs(t, err, context.Canceled)
}

// noInformers is a cache that has ended.
type noInformers struct{ cache.Cache }

func (noInformers) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return nil, context.Canceled
}
