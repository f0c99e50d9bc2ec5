package workload

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A busyServer is an API server that refuses the first read and the first write of
// each Deployment's scale, and says when to come again.
type busyServer struct {
	mu      sync.Mutex
	refused map[string]time.Time // by request
	early   []string             // who came again sooner than asked
	told    map[string]int       // replicas
	writes  int
}

const retryAfter = time.Second

func (s *busyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.Split(r.URL.Path, "/")[7] // /apis/apps/v1/namespaces/shop/deployments/NAME/scale
	w.Header().Set("Content-Type", "application/json")
	request := r.Method + " " + name
	switch at, known := s.refused[request]; {
	case !known:
		s.refused[request] = time.Now()
		w.Header().Set("Retry-After", fmt.Sprintf("%.0f", retryAfter.Seconds()))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case time.Since(at) < retryAfter:
		s.early = append(s.early, request)
	}
	if r.Method == http.MethodPatch {
		body, _ := io.ReadAll(r.Body)
		var patch struct{ Spec struct{ Replicas int } }
		if err := json.Unmarshal(body, &patch); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.told[name] = patch.Spec.Replicas
		s.writes++
	}
	fmt.Fprintf(w, `{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"resourceVersion":"2"},"spec":{"replicas":%d}}`, s.told[name])
}

// full is the Scaler of a queue that calls for two replicas.
type full struct{ scalerkit.Scaler }

func (full) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "full", Target: scalerkit.Target{Value: 5}}
}

func (full) Close() error { return nil }

func (*full) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{Value: 10}, nil
}

func TestABusyAPIServerLosesNothing(t *testing.T) {
	server := &busyServer{refused: make(map[string]time.Time), told: make(map[string]int)}
	listening := httptest.NewServer(server)
	defer listening.Close()
	scheme := runtime.NewScheme()
	require.NoError(t, appsv1.AddToScheme(scheme))
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(deployments, meta.RESTScopeNamespace)
	c, err := client.New(&rest.Config{Host: listening.URL, QPS: -1}, client.Options{Scheme: scheme, Mapper: mapper})
	require.NoError(t, err)

	const many = 100
	var runner control.Runner
	for i := range many {
		name := types.NamespacedName{Namespace: "shop", Name: fmt.Sprint("worker-", i)}
		target := &Target{
			name:      name,
			workloads: &Workloads{Client: c}, kind: &kind{gvk: deployments},
		}
		require.NoError(t, runner.Set(scalerkit.Key{Namespace: name.Namespace, Name: name.Name}, control.Loop{
			Policy: autoscale.Default(), Workload: target, Triggers: []control.Trigger{{Scaler: &full{}}},
		}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- runner.Run(ctx) }()
	require.Eventually(t, func() bool {
		server.mu.Lock()
		defer server.mu.Unlock()
		return len(server.told) == many
	}, time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, server.early)
	require.Len(t, server.refused, 2*many)
	require.Equal(t, many, server.writes)
	for name, replicas := range server.told {
		require.Equal(t, 2, replicas, name)
	}
}
