package scaledjob_test

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledjob"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func ExamplePolicy() {
	most := int32(20)
	policy, warnings, err := scaledjob.Policy(&v1alpha1.ScaledJob{Spec: v1alpha1.ScaledJobSpec{
		JobTargetRef:    &batchv1.JobSpec{},
		MaxReplicaCount: &most,
		ScalingStrategy: v1alpha1.ScalingStrategy{Strategy: "accurate"},
		Triggers: []v1alpha1.ScaleTriggers{
			{Type: "redis", Metadata: map[string]string{"listName": "orders"}},
			{Type: "cpu"},
		},
	}})
	fmt.Println(policy.Max, policy.Strategy, err)
	fmt.Println(warnings[0])
	// Output:
	// 20 accurate <nil>
	// triggers[1]: cpu is passed over: it is for ScaledObjects, whose HPA reads it
}
