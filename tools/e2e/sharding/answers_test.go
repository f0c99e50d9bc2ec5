package sharding

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
)

// Answers are what the metrics API has said through the API server.
type answers struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	failed  map[string]string    // an error by the name of the object
	since   map[string]time.Time // of those that fail now
	longest time.Duration        // that one has failed
	wrong   []string
	right   int
}

// get asks the metrics API through the API server, as an HPA does.
func (w *workers) get(ctx context.Context, name string) (int64, error) {
	body, err := r.Client.RESTClient().Get().
		AbsPath("/apis/external.metrics.k8s.io/v1beta1/namespaces", w.namespace, "s0-redis-"+name).
		Param("labelSelector", "scaledobject.keda.sh/name="+name).
		MaxRetries(0).DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	var list metricsv1beta1.ExternalMetricValueList
	if err := json.Unmarshal(body, &list); err != nil {
		return 0, err
	}
	if len(list.Items) != 1 {
		return 0, fmt.Errorf("the metrics API says %s", body)
	}
	return list.Items[0].Value.Value(), nil
}

// ask asks again and again for all that is steady, up to five times a second: of many
// objects less often, or the API server has nothing else to do.
func (w *workers) ask(t *testing.T) *answers {
	a := &answers{failed: make(map[string]string), since: make(map[string]time.Time)}
	pause := max(time.Second/5, time.Duration(len(w.steady))*time.Second/100)
	var ctx context.Context
	ctx, a.cancel = context.WithCancel(t.Context())
	for name, want := range w.steady {
		a.done.Go(func() {
			for ctx.Err() == nil {
				asked := time.Now()
				value, err := w.get(ctx, name)
				if ctx.Err() != nil {
					return
				}
				a.mu.Lock()
				switch {
				case apierrors.IsServiceUnavailable(err):
					a.failed[name] = err.Error()
					if _, ok := a.since[name]; !ok {
						a.since[name] = asked
					}
				case err != nil || value != want:
					a.wrong = append(a.wrong, fmt.Sprintf("%s: %d, want %d: %v", name, value, want, err))
				default:
					a.right++
					if since, ok := a.since[name]; ok {
						a.longest = max(a.longest, time.Since(since))
						delete(a.since, name)
					}
				}
				a.mu.Unlock()
				time.Sleep(pause)
			}
		})
	}
	return a
}

// awaitAnswers returns when all that is steady is answered.
func (w *workers) awaitAnswers(t *testing.T) {
	t.Helper()
	for name := range w.steady {
		r.Await(t, func(ctx context.Context) error {
			_, err := w.get(ctx, name)
			return err
		})
	}
}

// check ends the asking. Those who asked for what was not lost have been answered
// all the time.
func (a *answers) check(t *testing.T, w *workers, lost []string) {
	t.Helper()
	a.cancel()
	a.done.Wait()
	for _, since := range a.since { // they have been answered since, but not been asked again
		a.longest = max(a.longest, time.Since(since))
	}
	require.Empty(t, a.wrong[:min(len(a.wrong), 5)])
	for name, err := range a.failed {
		require.Contains(t, lost, name, err)
	}
	t.Logf("%d answers, and for %d of %d objects none for a while, which was %v at most", a.right, len(a.failed), len(w.steady), a.longest)
}
