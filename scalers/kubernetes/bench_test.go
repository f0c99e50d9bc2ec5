package kubernetes_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound counts the pods of 1,000 triggers in one namespace of 1,000 pods,
// beside matching as many selectors with the same pods.
func BenchmarkRound(b *testing.B) {
	const n = 1000
	cluster := newFake()
	var pods []kubernetes.Pod
	for i := range n {
		pods = append(pods, running(1, values{"app": fmt.Sprint("app-", i), "tier": "web"})...)
	}
	cluster.setPods("shop", pods...)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	scalers := make([]scalerkit.Scaler, n)
	selectors := make([]labels.Selector, n)
	for i := range scalers {
		text := fmt.Sprintf("app=app-%d,tier in (web, api)", i)
		var err error
		scalers[i], err = kubernetes.Driver(cluster).Open(scalerkit.Spec{Owner: shop, Metadata: values{"podSelector": text, "value": "1"}}, options)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, scalers[i].Close()) })
		selectors[i], err = labels.Parse(text)
		require.NoError(b, err)
	}
	bare := func() {
		for _, s := range selectors {
			count := 0
			for _, pod := range pods {
				if s.Matches(labels.Set(pod.Labels)) {
					count++
				}
			}
			if count != 1 {
				b.Error(count)
			}
		}
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != 1 {
				b.Error(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
