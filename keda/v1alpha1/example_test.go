package v1alpha1_test

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	api "github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	object := api.ScaledObject{
		TypeMeta:   metav1.TypeMeta{APIVersion: api.GroupVersion.String(), Kind: "ScaledObject"},
		ObjectMeta: metav1.ObjectMeta{Name: "orders"},
		Spec: api.ScaledObjectSpec{
			ScaleTargetRef: &api.ScaleTarget{Name: "worker"},
			Triggers: []api.ScaleTriggers{{
				Type:     "redis",
				Metadata: map[string]string{"address": "redis:6379", "listName": "orders"},
			}},
		},
	}
	text, err := yaml.Marshal(object)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(string(text))
	fmt.Println("# at most", object.MaxReplicas(), "replicas, read every", object.PollingInterval())
	// Output:
	// apiVersion: keda.sh/v1alpha1
	// kind: ScaledObject
	// metadata:
	//   name: orders
	// spec:
	//   scaleTargetRef:
	//     name: worker
	//   triggers:
	//   - metadata:
	//       address: redis:6379
	//       listName: orders
	//     type: redis
	// status: {}
	// # at most 100 replicas, read every 30s
}
