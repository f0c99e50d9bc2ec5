package keda_test

import (
	"context"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// Example_guide is what docs/keda.md shows first.
func Example_guide() {
	ctx, text, workers := context.Background(), []byte(nil), control.Workload(nil)

	manifests, err := keda.Parse("orders.yaml", text)
	if err != nil {
		log.Fatal(err) // all that is wrong, each with object and field
	}
	opener := keda.Opener{
		Registry: all.Registry(),
		Resolver: keda.References{Reader: manifests},
	}
	orders := manifests.ScaledObjects[0]
	loop, err := opener.Loop(ctx, orders, manifests.Pod(orders))
	if err != nil {
		log.Fatal(err)
	}
	loop.Workload = workers // your Replicas and SetReplicas
	log.Fatal(loop.Run(ctx))
}

// A cluster is a Reader of what a client reads.
type cluster struct{ client client }

// client is what docs/keda.md needs of the client of controller-runtime.
type client interface {
	Get(ctx context.Context, key types.NamespacedName, into keda.Object) error
}

func (c cluster) Get(ctx context.Context, ref keda.Ref, into keda.Object) error {
	err := c.client.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, into)
	if apierrors.IsNotFound(err) {
		return scalerkit.ErrNotFound
	}
	return err
}

// nothing is a client that finds nothing.
type nothing struct{}

func (nothing) Get(_ context.Context, key types.NamespacedName, _ keda.Object) error {
	return apierrors.NewNotFound(corev1.Resource("secrets"), key.Name)
}

func TestReaderOfAClient(t *testing.T) {
	var _ keda.Reader = cluster{}
	require.ErrorIs(t, cluster{nothing{}}.Get(t.Context(), keda.Ref{Kind: "Secret", Name: "a"}, &corev1.Secret{}), scalerkit.ErrNotFound)
}

func TestTheGuideShowsCodeThatCompiles(t *testing.T) {
	guide, err := os.ReadFile("../docs/keda.md")
	require.NoError(t, err)
	source, err := os.ReadFile("guide_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```go\n")[1:]
	require.Len(t, blocks, 2)
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		require.Contains(t, unindented(string(source)), unindented(block))
	}
}

func unindented(text string) string {
	var all strings.Builder
	for line := range strings.Lines(text) {
		all.WriteString(strings.TrimLeft(line, "\t"))
	}
	return all.String()
}
