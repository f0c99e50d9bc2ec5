package formula_test

import (
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/formula"
)

func Example() {
	f, err := formula.Compile("max(orders, payments) + (refunds ?? 0)", []string{"orders", "payments", "refunds"})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := autoscale.Default()
	policy.Combine = &autoscale.Combine{Func: f, Target: scalerkit.Target{Value: 10}}

	decision := policy.Decide(autoscale.Input{
		Current: 10,
		Samples: []autoscale.Sample{
			{Trigger: "orders", Reading: scalerkit.Reading{Value: 150}},
			{Trigger: "payments", Reading: scalerkit.Reading{Value: 70}},
			{Trigger: "refunds", Err: errors.New("connection refused")},
		},
	})
	fmt.Println("replicas:", decision.Replicas)
	// Output:
	// replicas: 15
}

func ExampleCompile() {
	f, err := formula.Compile("a ?? (b / 2)", []string{"a", "b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f(map[string]float64{"a": 7, "b": 10}))
	fmt.Println(f(map[string]float64{"b": 10}))
	fmt.Println(f(nil))

	_, err = formula.Compile("ordes / 2", []string{"orders", "users"})
	fmt.Println(err)
	// Output:
	// 7 <nil>
	// 5 <nil>
	// 0 formula "a ?? (b / 2)": column 9: invalid operation: <nil> / int; no reading of "a", "b"
	// formula "ordes / 2": column 1: unknown name "ordes", did you mean orders?; the triggers are "orders", "users"
}
