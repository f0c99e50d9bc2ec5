package sources

import (
	"context"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// customers is a Deployment by whose pods others are scaled.
const customers = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: customers}
spec:
  replicas: 0
  selector: {matchLabels: {app: customers}}
  template:
    metadata: {labels: {app: customers}}
    spec: {containers: [{name: main, image: "example.com/customer:1"}]}
`

func TestKubernetesWorkload(t *testing.T) {
	var namespace string
	scale := func(replicas int32) func(context.Context) error {
		return func(ctx context.Context) error {
			deployments := r.Client.AppsV1().Deployments(namespace)
			is, err := deployments.GetScale(ctx, "customers", metav1.GetOptions{})
			if err != nil {
				return err
			}
			is.Spec.Replicas = replicas
			_, err = deployments.UpdateScale(ctx, "customers", is, metav1.UpdateOptions{})
			return err
		}
	}
	source{
		trigger:  `type: kubernetes-workload, metadata: {podSelector: "app=customers", value: "2"}`,
		gradual:  true,
		replicas: 20,
		begin: func(t *testing.T, its string) {
			namespace = its
			r.Apply(t, namespace, customers)
		},
		arrive: scale(40),
		leave:  scale(0),
	}.scales(t)
}

// numbers is a ConfigMap with a number in it.
const numbers = `{apiVersion: v1, kind: ConfigMap, metadata: {name: numbers}, data: {state.json: '{"queues": [{"backlog": 0}]}'}}`

func TestKubernetesResource(t *testing.T) {
	var namespace string
	set := func(backlog int) func(context.Context) error {
		return func(ctx context.Context) error {
			patch := fmt.Appendf(nil, `{"data": {"state.json": "{\"queues\": [{\"backlog\": %d}]}"}}`, backlog)
			_, err := r.Client.CoreV1().ConfigMaps(namespace).Patch(ctx, "numbers", types.MergePatchType, patch, metav1.PatchOptions{})
			return err
		}
	}
	source{
		trigger: `type: kubernetes-resource, metadata: {
			resourceKind: ConfigMap, resourceName: numbers, key: state.json, format: json, valueLocation: queues.0.backlog, targetValue: "5"}`,
		replicas: 20,
		begin: func(t *testing.T, its string) {
			namespace = its
			r.Apply(t, namespace, numbers)
		},
		arrive: set(messages),
		leave:  set(0),
	}.scales(t)
}
