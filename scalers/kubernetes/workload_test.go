package kubernetes_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// open opens a trigger of shop's.
func open(t *testing.T, d scalerkit.Driver, metadata values) scalerkit.Scaler {
	t.Helper()
	s, err := d.Open(scalerkit.Spec{Owner: shop, Metadata: metadata}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestWhichPodsCount(t *testing.T) {
	cluster := newFake()
	pod := func(labels values, phase, node string) kubernetes.Pod {
		return kubernetes.Pod{Labels: labels, Phase: phase, Node: node}
	}
	web, test := values{"app": "orders", "tier": "web"}, values{"app": "orders", "tier": "test"}
	cluster.setPods("shop",
		pod(web, "Running", "a"), pod(web, "Running", "b"), pod(web, "Running", "b"), pod(web, "Pending", ""), pod(web, "Unknown", "c"),
		pod(web, "Succeeded", "d"), pod(web, "Failed", "e"), pod(test, "Running", "f"), pod(nil, "Running", "g"))
	cluster.setPods("default", pod(web, "Running", "a"))
	for _, c := range []struct {
		selector, byNode string
		want             float64
	}{
		{"app=orders", "", 6},
		{"app = orders, tier in (web, api)", "", 5},
		{"app=orders,tier!=test", "true", 3},
		{"app,tier", "false", 6},
		{"!app", "", 1},
		{"tier notin (test)", "", 6},
		{"app=none", "", 0},
		{"app=none", "true", 0},
	} {
		t.Run(c.selector+" "+c.byNode, func(t *testing.T) {
			metadata := values{"podSelector": c.selector, "value": "2", "activationValue": "4.5"}
			if c.byNode != "" {
				metadata["groupByNode"] = c.byNode
			}
			scalertest.WantValue(t, open(t, kubernetes.Driver(cluster), metadata), c.want)
		})
	}

	s, err := kubernetes.New(kubernetes.Config{Selector: "app=orders", Value: 1, Cluster: cluster}, scalerkit.Options{})
	require.NoError(t, err)
	scalertest.WantValue(t, s, 1) // that of the namespace default
	require.NoError(t, s.Close())
}

func TestWorkloadMetric(t *testing.T) {
	s, err := kubernetes.Driver(nil).Open(scalerkit.Spec{
		MetricType: scalerkit.Total, Owner: shop,
		Metadata: values{"podSelector": "app=orders", "value": "0.5", "activationValue": "3.1"},
	}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "workload-shop", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 0.5}, Activation: 3.1,
	}, s.Metric())
	require.NoError(t, s.Close())
}

func TestWorkloadProblemsAreNamed(t *testing.T) {
	const trigger = `kubernetes-workload trigger "orders": `
	for _, c := range []struct {
		metadata values
		want     string
	}{
		{values{}, trigger + "podSelector: is missing: set it in the metadata\n" + trigger + "value: is missing: set it in the metadata"},
		{values{"podSelector": "app=orders", "value": "0"}, trigger + `value: "0" is not greater than 0`},
		{values{"podSelector": "app in orders", "value": "1"}, trigger + `podSelector: "app in orders" is not a label selector: unable to parse requirement: found 'orders' expected: '('`},
		{values{"podSelector": "app=orders", "value": "1", "namespace": "mail"}, trigger + "namespace: is not a parameter of this trigger type; there are activationValue, groupByNode, podSelector, value"},
	} {
		_, err := kubernetes.Driver(newFake()).Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata}, scalerkit.Options{})
		require.EqualError(t, err, c.want)
	}
}

// Triggers in a namespace share one watch, which begins with the first reading and
// ends with the last trigger.
func TestAWatchPerNamespace(t *testing.T) {
	cluster := newFake()
	cluster.setPods("shop", running(3, values{"app": "orders"})...)
	pool := new(scalerkit.Pool)
	var all []scalerkit.Scaler
	for i := range 10 {
		owner := scalerkit.Key{Namespace: []string{"shop", "mail"}[i%2], Name: "worker"}
		s, err := kubernetes.Driver(cluster).Open(scalerkit.Spec{Owner: owner, Metadata: values{"podSelector": fmt.Sprint("app!=", i), "value": "1"}}, scalerkit.Options{Pool: pool})
		require.NoError(t, err)
		all = append(all, s)
	}
	require.Zero(t, cluster.begun)
	for i, r := range scalerkit.ReadAll(t.Context(), all...) {
		require.NoError(t, r.Err)
		require.Equal(t, []float64{3, 0}[i%2], r.Reading.Value)
	}
	require.Equal(t, 2, cluster.begun)
	for _, s := range all[:9] { // the last one is in mail
		require.NoError(t, s.Close())
	}
	require.Zero(t, cluster.pods["shop"].open)
	require.Equal(t, 1, cluster.pods["mail"].open)
	require.NoError(t, all[9].Close())
	require.Zero(t, cluster.pods["mail"].open)
}

func TestAWatchThatIsLostIsAnErrorAndBegunAnew(t *testing.T) {
	cluster := newFake()
	cluster.setPods("shop", running(3, nil)...)
	s := open(t, kubernetes.Driver(cluster), values{"podSelector": "!app", "value": "1"})
	scalertest.WantValue(t, s, 3)
	cluster.refuse = fmt.Errorf("%w: pods is forbidden", scalerkit.ErrDenied)
	cluster.pods["shop"].lose()
	scalertest.WantError(t, s, scalerkit.ErrDenied, `read pods in namespace "shop": access denied: pods is forbidden`)
	cluster.refuse = nil
	scalertest.WantValue(t, s, 3)
	require.Equal(t, 2, cluster.begun)
}

func TestWithoutAClusterReadingsFail(t *testing.T) {
	scalertest.WantError(t, open(t, kubernetes.Driver(nil), values{"podSelector": "!app", "value": "1"}), nil,
		`read pods in namespace "shop": this program has no access to a cluster of Kubernetes`)
	scalertest.WantError(t, open(t, kubernetes.ResourceDriver(nil), values{"resourceKind": "Secret", "resourceName": "a", "key": "b", "targetValue": "1"}), nil,
		`read Secret shop/a: this program has no access to a cluster of Kubernetes`)
}
