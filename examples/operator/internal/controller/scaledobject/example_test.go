package scaledobject_test

import (
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	so := &v1alpha1.ScaledObject{}
	err := yaml.UnmarshalStrict([]byte(`
metadata: {name: orders}
spec:
  scaleTargetRef: {name: worker}
  minReplicaCount: 2
  maxReplicaCount: 10
  cooldownPeriod: 60
  triggers: [{type: redis, metadata: {listName: orders}}]
`), so)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := scaledobject.Policy(so, false)
	fmt.Println(policy.Min, policy.Max, policy.Cooldown, policy.Delegate, err)

	so.Spec.MinReplicaCount, so.Spec.MaxReplicaCount = so.Spec.MaxReplicaCount, so.Spec.MinReplicaCount
	_, _, err = scaledobject.Check(so, false)
	fmt.Println(err)
	// Output:
	// 2 10 1m0s true <nil>
	// minReplicaCount: 10 is greater than maxReplicaCount, which is 2
}
