package keda_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// From a YAML file to a running Loop.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	text, err := os.ReadFile("testdata/orders.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	manifests, err := keda.Parse("orders.yaml", text)
	if err != nil {
		fmt.Println(err)
		return
	}
	opener := keda.Opener{
		Registry: all.Registry(),
		Resolver: keda.References{Reader: manifests},
		Options:  scalerkit.Options{HTTPClient: shop},
	}
	orders := manifests.ScaledObjects[0]
	loop, err := opener.Loop(ctx, orders, manifests.Pod(orders))
	if err != nil {
		fmt.Println(err)
		return
	}
	loop.Workload = &pool{full: stop}
	fmt.Println(loop.Run(ctx))
	// Output:
	// 0 → 4 workers
	// <nil>
}

// A pool is what is scaled: it tells of workers in place of starting them.
type pool struct {
	workers int
	full    func()
}

func (p *pool) Replicas(context.Context) (int, error) { return p.workers, nil }

func (p *pool) SetReplicas(_ context.Context, n int) error {
	fmt.Printf("%d → %d workers\n", p.workers, n)
	p.workers = n
	p.full()
	return nil
}

// shop has 17 orders for whoever has the token.
var shop = &http.Client{Transport: answer(func(r *http.Request) *http.Response {
	w := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"queue": {"length": 17}}`)), Request: r}
	if r.Header.Get("Authorization") != "Bearer s3cret" {
		w.StatusCode = http.StatusUnauthorized
	}
	return w
})}

type answer func(*http.Request) *http.Response

func (f answer) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func ExamplePolicy() {
	least, most := int32(2), int32(10)
	so := &v1alpha1.ScaledObject{Spec: v1alpha1.ScaledObjectSpec{MinReplicaCount: &least, MaxReplicaCount: &most}}
	policy, err := keda.Policy(so, false)
	fmt.Println(policy.Min, policy.Max, policy.Cooldown, policy.Delegate, err)

	so.Spec.MinReplicaCount, so.Spec.MaxReplicaCount = so.Spec.MaxReplicaCount, so.Spec.MinReplicaCount
	_, err = keda.Policy(so, false)
	fmt.Println(err)
	// Output:
	// 2 10 5m0s true <nil>
	// minReplicaCount: 10 is greater than maxReplicaCount, which is 2
}

func ExampleValidateAuthentication() {
	owner, role := v1alpha1.IdentityOwnerWorkload, "arn:aws:iam::123456789012:role/reader"
	fmt.Println(keda.ValidateAuthentication(v1alpha1.KindClusterTriggerAuthentication, v1alpha1.TriggerAuthenticationSpec{
		PodIdentity: &v1alpha1.AuthPodIdentity{Provider: v1alpha1.PodIdentityProviderAws, IdentityOwner: &owner, RoleArn: &role},
		FilePath:    "/etc/passwd",
	}))
	// Output:
	// podIdentity: roleArn does not go with identityOwner workload, which has the role of the workload's service account
	// filePath: "/etc/passwd" is not a relative path without ..
}
