package controller_test

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	opener := newOpener(&book{}) // a program has all.Registry and an auth.Resolver
	opened := opener.Open(context.Background(), []v1alpha1.ScaleTriggers{
		{Type: "fake", Metadata: map[string]string{"queue": "orders"}},
		{Type: "fake", Metadata: map[string]string{}},
	}, keda.Owner{Namespace: "shop"}, nil)

	loop := control.Loop{Triggers: controller.Loop(opened.Triggers) /* … */}
	for i, t := range loop.Triggers {
		fmt.Println(t.Name, opened.Triggers[i].Broken() == nil)
	}
	// Output:
	// s0-fake-orders true
	// s1-fake false
}
