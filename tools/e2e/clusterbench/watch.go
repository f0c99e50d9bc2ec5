package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// waitLimit is how long anything may take.
const waitLimit = 15 * time.Minute

// A watched is a copy of all objects of a kind, kept up to date.
type watched struct{ cache.Store }

func (b *bench) watchHPAs(ctx context.Context) (watched, error) {
	return watch(ctx, b.client.AutoscalingV2().RESTClient(), "horizontalpodautoscalers", &autoscalingv2.HorizontalPodAutoscaler{})
}

func (b *bench) watchDeployments(ctx context.Context) (watched, error) {
	return watch(ctx, b.client.AppsV1().RESTClient(), "deployments", &appsv1.Deployment{})
}

func watch(ctx context.Context, client cache.Getter, resource string, kind runtime.Object) (watched, error) {
	store, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(client, resource, namespace, fields.Everything()),
		ObjectType:    kind,
		Handler:       cache.ResourceEventHandlerFuncs{},
	})
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return watched{}, ctx.Err()
	}
	return watched{store}, nil
}

// await waits until there are n objects as they should be.
func (w watched) await(ctx context.Context, n int, as func(any) bool) error {
	return process.Poll(ctx, waitLimit, func(context.Context) error {
		got := 0
		for _, object := range w.List() {
			if as(object) {
				got++
			}
		}
		if got < n {
			return fmt.Errorf("%d of %d objects are as they should be", got, n)
		}
		return nil
	})
}

func hasReplicas(want int32) func(any) bool {
	return func(object any) bool { return *object.(*appsv1.Deployment).Spec.Replicas == want }
}
