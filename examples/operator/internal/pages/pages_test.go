package pages

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var errBroken = errors.New("connection reset")

// A book has a page for each continue token.
type book struct {
	client.Reader
	pages map[string]corev1.PodList
}

func (b book) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	var of client.ListOptions
	of.ApplyOptions(options)
	page, ok := b.pages[of.Continue]
	if !ok || of.Namespace != "shop" || of.Limit != size {
		return errBroken
	}
	page.DeepCopyInto(list.(*corev1.PodList))
	return nil
}

func page(next string, names ...string) (list corev1.PodList) {
	list.Continue, list.ResourceVersion = next, "7"
	for _, name := range names {
		var pod corev1.Pod
		pod.Name = name
		list.Items = append(list.Items, pod)
	}
	return list
}

func TestEach(t *testing.T) {
	from := book{pages: map[string]corev1.PodList{"": page("2", "a", "b"), "2": page("3"), "3": page("", "c")}}
	var got []*corev1.Pod
	read := func(stop string) (string, error) {
		got = nil
		return Each(t.Context(), from, func() client.ObjectList { return &corev1.PodList{} }, client.ListOptions{Namespace: "shop"}, func(o runtime.Object) error {
			got = append(got, o.(*corev1.Pod))
			if o.(*corev1.Pod).Name == stop {
				return errBroken
			}
			return nil
		})
	}
	names := func() (list []string) {
		for _, pod := range got {
			list = append(list, pod.Name)
		}
		return list
	}
	version, err := read("")
	require.NoError(t, err)
	require.Equal(t, "7", version)
	require.Equal(t, []string{"a", "b", "c"}, names(), "each page is a list of its own")

	_, err = read("a")
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, []string{"a"}, names())

	delete(from.pages, "3")
	_, err = read("")
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, []string{"a", "b"}, names())
}
