package workload_test

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
)

func Example() {
	c := newCluster() // plays the API server; a program has the client and the cache of its manager
	c.replicas = 2
	c.see(deployments)

	ctx := context.Background()
	target, err := c.workloads(nil).Target(ctx, workload.Ref{Kind: deployments, NamespacedName: worker})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, _ := target.Replicas(ctx)
	err = target.SetReplicas(ctx, 5)
	after, _ := target.Replicas(ctx)
	fmt.Println(target.Ref(), before, after, err)
	// Output: Deployment shop/worker 2 5 <nil>
}
