package kubernetes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
)

// A program with a client of Kubernetes is a Cluster; here, two pods are all that
// there is.
func Example() {
	cluster := newFake()
	cluster.setPods("shop",
		kubernetes.Pod{Labels: map[string]string{"app": "frontend"}, Phase: "Running", Node: "a"},
		kubernetes.Pod{Labels: map[string]string{"app": "frontend"}, Phase: "Pending"},
	)
	worker, err := kubernetes.New(kubernetes.Config{
		Selector: "app=frontend",
		Value:    2,
		Owner:    scalerkit.Key{Namespace: "shop", Name: "worker"},
		Cluster:  cluster,
	}, scalerkit.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer worker.Close()

	reading, err := worker.Read(context.Background())
	if err != nil {
		log.Print(err) // not zero: how many there are is not known
		return
	}
	fmt.Println(worker.Metric().Name, reading.Value)
	// Output: workload-shop 2
}
