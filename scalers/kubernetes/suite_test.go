package kubernetes_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// peers returns n triggers on different things.
func peers(trigger func(name string) scalertest.Trigger) func(int) []scalertest.Trigger {
	return func(n int) []scalertest.Trigger {
		all := make([]scalertest.Trigger, n)
		for i := range all {
			all[i] = trigger(fmt.Sprint("peer-", i))
		}
		return all
	}
}

func TestWorkloadSuite(t *testing.T) {
	cluster := newFake()
	typed := func(c kubernetes.Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		c.Cluster = cluster
		return kubernetes.New(c, o)
	}
	var namespaces namer
	scalertest.Suite{Driver: kubernetes.Driver(cluster), New: scalertest.Typed(typed), Start: func(testing.TB) scalertest.Source {
		namespace := namespaces.next()
		var mu sync.Mutex
		apps := make(map[string]int)
		trigger := func(app string) scalertest.Trigger {
			return scalertest.Trigger{
				Spec: scalerkit.Spec{
					Type: "kubernetes-workload", Name: app, Owner: scalerkit.Key{Namespace: namespace, Name: "worker"},
					Metadata: values{"podSelector": "app=" + app, "value": "5"},
				},
				Set: func(_ context.Context, level float64) error {
					mu.Lock()
					defer mu.Unlock()
					apps[app] = int(level)
					var pods []kubernetes.Pod
					for app, n := range apps {
						pods = append(pods, running(n, values{"app": app})...)
					}
					cluster.setPods(namespace, pods...)
					return nil
				},
			}
		}
		return scalertest.Source{
			Trigger: trigger("orders"), NoNetwork: true, Peers: peers(trigger),
			TargetKey: "value", ActivationKey: "activationValue",
		}
	}}.Run(t)
}

func TestResourceSuite(t *testing.T) {
	cluster := newFake()
	typed := func(c kubernetes.ResourceConfig, o scalerkit.Options) (scalerkit.Scaler, error) {
		c.Cluster = cluster
		return kubernetes.NewResource(c, o)
	}
	var namespaces namer
	scalertest.Suite{Driver: kubernetes.ResourceDriver(cluster), New: scalertest.Typed(typed), Start: func(testing.TB) scalertest.Source {
		namespace := namespaces.next()
		spec := func(object, key string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: "kubernetes-resource", Name: key, Owner: scalerkit.Key{Namespace: namespace, Name: "worker"},
				Metadata: values{"resourceKind": "ConfigMap", "resourceName": object, "key": key, "targetValue": "5"},
			}
		}
		var mu sync.Mutex
		data := make(kubernetes.Data)
		trigger := func(key string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec("numbers", key), Set: func(_ context.Context, level float64) error {
				mu.Lock()
				defer mu.Unlock()
				data[key] = strconv.FormatFloat(level, 'f', -1, 64) + "\n"
				cluster.setData(kubernetes.Object{Kind: "ConfigMap", Namespace: namespace, Name: "numbers"}, maps.Clone(data))
				return nil
			}}
		}
		missing := spec("numbers", "none")
		return scalertest.Source{
			Trigger: trigger("orders"), NoNetwork: true, Missing: &missing, Peers: peers(trigger),
			TargetKey: "targetValue", ActivationKey: "activationTargetValue",
		}
	}}.Run(t)
}

// A namer gives each source a namespace of its own.
type namer struct {
	mu sync.Mutex
	n  int
}

func (n *namer) next() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.n++
	return fmt.Sprint("shop-", n.n)
}
