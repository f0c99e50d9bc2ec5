package mirror_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/mirror"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func workload(namespace, app string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "kubernetes-workload", Owner: scalerkit.Key{Namespace: namespace, Name: "worker"},
		Metadata: map[string]string{"podSelector": "app=" + app, "value": "5"},
	}
}

func resource(namespace, key string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "kubernetes-resource", Owner: scalerkit.Key{Namespace: namespace, Name: "worker"},
		Metadata: map[string]string{"resourceKind": "ConfigMap", "resourceName": "numbers", "key": key, "targetValue": "5"},
	}
}

// The client is the program's, so that the suite has no hold on the network: what
// becomes of an outage is tested below.
func source(trigger func(name string) scalertest.Trigger) scalertest.Source {
	return scalertest.Source{
		Trigger: trigger("orders"), NoNetwork: true, Levels: []float64{0, 1, 7}, Settle: 30 * time.Second,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprint("peer-", i))
			}
			return peers
		},
	}
}

func TestWorkloadSuite(t *testing.T) {
	server, c := start(t)
	var namespaces atomic.Int64
	scalertest.Suite{Driver: kubernetes.Driver(&mirror.Cluster{Client: c}), Start: func(testing.TB) scalertest.Source {
		namespace := fmt.Sprint("shop-", namespaces.Add(1))
		s := source(func(app string) scalertest.Trigger {
			replica := func(i int) *corev1.Pod {
				p := pod(fmt.Sprint(app, "-", i), app, "Running", "1")
				p.Namespace = namespace
				return p
			}
			there := 0
			return scalertest.Trigger{Spec: workload(namespace, app), Set: func(_ context.Context, level float64) error {
				for ; there < int(level); there++ {
					server.put(replica(there))
				}
				for ; there > int(level); there-- {
					server.remove(replica(there - 1))
				}
				return nil
			}}
		})
		s.TargetKey, s.ActivationKey = "value", "activationValue"
		return s
	}}.Run(t)
}

func TestResourceSuite(t *testing.T) {
	server, c := start(t)
	var namespaces atomic.Int64
	scalertest.Suite{Driver: kubernetes.ResourceDriver(&mirror.Cluster{Client: c}), Start: func(testing.TB) scalertest.Source {
		namespace := fmt.Sprint("shop-", namespaces.Add(1))
		data := make(map[string]string)
		s := source(func(key string) scalertest.Trigger {
			return scalertest.Trigger{Spec: resource(namespace, key), Set: func(_ context.Context, level float64) error {
				data[key] = strconv.FormatFloat(level, 'f', -1, 64)
				server.put(configMap(namespace, "numbers", maps.Clone(data)))
				return nil
			}}
		})
		missing := resource(namespace, "none")
		s.Missing = &missing
		s.TargetKey, s.ActivationKey = "targetValue", "activationTargetValue"
		return s
	}}.Run(t)
}

// An outage is an error, and never what was there before it; the first reading
// after it is of what is there then.
func TestOutage(t *testing.T) {
	server, c := start(t)
	server.put(pod("a", "orders", "Running", "1"))
	s, err := kubernetes.Driver(&mirror.Cluster{Client: c}).Open(workload("shop", "orders"), scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	scalertest.WantValue(t, s, 1)
	server.set(func() {
		server.refusal, server.epoch = status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is gone"), server.epoch+1
	})
	require.Eventually(t, func() bool {
		_, err := s.Read(t.Context())
		return err != nil && err.Error() == `read pods in namespace "shop": etcd is gone`
	}, 30*time.Second, time.Millisecond)
	server.put(pod("b", "orders", "Running", "2"))
	server.set(func() { server.refusal = nil })
	scalertest.WantValue(t, s, 2)
}
