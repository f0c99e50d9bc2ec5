package strict_test

import (
	"fmt"

	"github.com/scalerkit/scalerkit/examples/operator/internal/strict"
)

func ExampleObjects() {
	_, err := strict.Objects([]byte(`apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: redis}
spec:
  secretTargetRef: [{parameter: password, name: redis, kye: password}]
`))
	fmt.Println(err)
	// Output: document 1: strict decoding error: unknown field "spec.secretTargetRef[0].kye"
}
