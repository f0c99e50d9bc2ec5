package workload

import (
	"context"
	"fmt"
)

func Example() {
	c := newCluster() // plays the API server; a program has the client and the cache of its manager
	c.noList = true
	c.replicas = 2

	ctx := context.Background()
	target, err := c.workloads(nil).Target(ctx, Ref{Kind: widgets, NamespacedName: worker})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, _ := target.Replicas(ctx)
	err = target.SetReplicas(ctx, 5)
	after, _ := target.Replicas(ctx)
	fmt.Println(target.Ref(), before, after, err)
	// Output: Widget shop/worker 2 5 <nil>
}
