// Package sources shows that the operator scales by event sources of all sorts
// on real servers, whatever kind of workload it is, by an HPA and without.
package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var r *rig.Rig

func TestMain(m *testing.M) {
	os.Exit(rig.Run(func(started *rig.Rig) int {
		r = started
		return m.Run()
	}))
}

// A source is an event source, and a trigger that reads it.
type source struct {
	trigger    string            // its type and its metadata, as YAML has them between braces
	parameters map[string]string // that it gets from a Secret
	gradual    bool              // messages do not arrive all at once
	pushes     bool              // nobody polls until they have arrived
	replicas   int64             // that it calls for once they have

	// begin, if set, makes in the namespace what the source is made of.
	begin func(t *testing.T, namespace string)

	// arrive has messages come, and leave has them all gone.
	arrive, leave func(context.Context) error
}

// messages is how many arrive. The triggers' target is five for each replica.
const messages = 100

// server returns where a server of testenv is.
func server(t *testing.T, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " is not set: run make e2e")
	}
	return address
}

// manifest returns the ScaledObject "worker" with all that it refers to, as
// KEDA's users write it. It states a tolerance of 0: within the usual tenth, an
// HPA that looks while 19 of 20 Pods exist is content with 19.
func (s source) manifest() string {
	polling, policies, authentication := pollingInterval, "", ""
	var text, references strings.Builder
	if s.pushes {
		polling = time.Hour
	}
	if s.gradual { // replicas come as fast as they are called for
		policies = ", policies: [{type: Pods, value: 30, periodSeconds: 1}]"
	}
	if len(s.parameters) > 0 {
		authentication = ", authenticationRef: {name: worker}"
		fmt.Fprint(&text, "apiVersion: v1\nkind: Secret\nmetadata: {name: worker}\nstringData:\n")
		for name, value := range s.parameters {
			fmt.Fprintf(&text, "  %s: %q\n", name, value)
			fmt.Fprintf(&references, "  - {parameter: %[1]s, name: worker, key: %[1]s}\n", name)
		}
		fmt.Fprintf(&text, `---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: worker}
spec:
  secretTargetRef:
%s---
`, &references)
	}
	fmt.Fprintf(&text, `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: worker
spec:
  scaleTargetRef:
    name: worker
  pollingInterval: %d
  cooldownPeriod: 5
  maxReplicaCount: 30
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {scaleUp: {tolerance: 0%s}}
  triggers:
  - {%s%s}
`, int(polling.Seconds()), policies, s.trigger, authentication)
	return text.String()
}

// A pool is a custom resource that nothing acts on. It can be scaled, but has
// its replicas where only its definition knows.
const poolDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.e2e.scalerkit.dev}
spec:
  group: e2e.scalerkit.dev
  scope: Namespaced
  names: {plural: pools, singular: pool, kind: Pool}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {workers: {type: integer}}}
          status: {type: object, properties: {workers: {type: integer}, labels: {type: string}}}
    subresources:
      scale: {specReplicasPath: .spec.workers, statusReplicasPath: .status.workers, labelSelectorPath: .status.labels}
`

// A workload has the name of the ScaledObject that scales it.
type workload struct {
	name, kind, apiVersion string
	direct                 bool // without an HPA
}

// workloads are what each source scales. The first has the ScaledObject as it
// is given.
var workloads = []workload{
	{"worker", "Deployment", "apps/v1", false},
	{"direct", "Deployment", "apps/v1", true},
	{"worker-set", "StatefulSet", "apps/v1", false},
	{"direct-set", "StatefulSet", "apps/v1", true},
	{"worker-pool", "Pool", "e2e.scalerkit.dev/v1", false},
	{"direct-pool", "Pool", "e2e.scalerkit.dev/v1", true},
}

// manifest returns a workload that has no replicas yet.
func (w workload) manifest() string {
	about := fmt.Sprintf("{apiVersion: %s, kind: %s, metadata: {name: %s}", w.apiVersion, w.kind, w.name)
	if w.kind == "Pool" {
		return about + fmt.Sprintf(", spec: {workers: 0}, status: {workers: 0, labels: app=%s}}", w.name)
	}
	return about + fmt.Sprintf(`, spec: {
		replicas: 0,
		selector: {matchLabels: {app: %[1]s}},
		template: {
			metadata: {labels: {app: %[1]s}},
			spec: {containers: [{name: main, image: "example.com/worker:1"}]}}}}`, w.name)
}

// scaledObject returns the one of a workload, made from that of the first one.
func (w workload) scaledObject(first *unstructured.Unstructured) *unstructured.Unstructured {
	if w.name == first.GetName() {
		return first
	}
	o := first.DeepCopy()
	o.SetName(w.name)
	if w.direct {
		o.SetAnnotations(map[string]string{"scalerkit.dev/mode": "direct"})
	}
	o.Object["spec"].(map[string]any)["scaleTargetRef"] = map[string]any{"name": w.name, "kind": w.kind, "apiVersion": w.apiVersion}
	return o
}

// replicas returns how many a workload is to have.
func (w workload) replicas(ctx context.Context, namespace string) (int64, error) {
	return w.number(ctx, namespace, []string{"spec", "replicas"}, "scale")
}

// ready returns how many of a Deployment or a StatefulSet are ready.
func (w workload) ready(ctx context.Context, namespace string) (int64, error) {
	return w.number(ctx, namespace, []string{"status", "readyReplicas"})
}

func (w workload) number(ctx context.Context, namespace string, field []string, subresource ...string) (int64, error) {
	resource, err := r.Resource(ctx, namespace, w.apiVersion, w.kind)
	if err != nil {
		return 0, err
	}
	object, err := resource.Get(ctx, w.name, metav1.GetOptions{}, subresource...)
	if err != nil {
		return 0, err
	}
	n, _, err := unstructured.NestedInt64(object.Object, field...)
	return n, err
}

// pollingInterval is that of the ScaledObjects whose sources do not push.
const pollingInterval = 5 * time.Second

// scales shows that a source takes workloads of all kinds from zero to the right
// number and back, and measures how soon they are there. That is to be no later
// than one polling interval and a second; on a machine that is busy with other
// things it may be three times as late.
func (s source) scales(t *testing.T) {
	namespace := r.Namespace(t)
	if s.begin != nil {
		s.begin(t, namespace)
	}
	r.Apply(t, namespace, poolDefinition)
	for _, w := range workloads {
		r.Apply(t, namespace, w.manifest())
	}
	objects, err := cluster.Parse([]byte(s.manifest()))
	require.NoError(t, err)
	for _, o := range objects {
		if o.GetKind() != "ScaledObject" {
			require.NoError(t, r.Applier.Apply(t.Context(), namespace, o))
			continue
		}
		for _, w := range workloads {
			require.NoError(t, r.Applier.Apply(t.Context(), namespace, w.scaledObject(o)))
		}
	}
	for _, w := range workloads {
		r.AwaitCondition(t, namespace, w.name, "Ready", rig.Condition{Status: "True", Reason: "ScaledObjectReady", Message: "The object is valid and its triggers can be read"})
		r.AwaitCondition(t, namespace, w.name, "Active", rig.Condition{Status: "False", Reason: "ScalerNotActive", Message: "No trigger is active"})
	}

	require.NoError(t, s.arrive(t.Context()))
	for name, after := range await(t, namespace, s.replicas) {
		t.Logf("%s has %d replicas %.1f s after the messages have arrived", name, s.replicas, after.Seconds())
		assert.Less(t, after, 3*(pollingInterval+time.Second), name)
	}
	for _, w := range workloads {
		if w.kind != "Pool" {
			r.Await(t, func(ctx context.Context) error {
				n, err := w.ready(ctx, namespace)
				if err == nil && n != s.replicas {
					err = fmt.Errorf("%d of %d replicas of %s are ready", n, s.replicas, w.name)
				}
				return err
			})
		}
		_, err := r.HPA(t.Context(), namespace, w.name)
		assert.Equal(t, w.direct, apierrors.IsNotFound(err), "%s: %v", w.name, err)
	}
	if s.pushes { // no push says that there is nothing left
		for _, w := range workloads {
			r.Patch(t, namespace, w.name, fmt.Sprintf(`{"spec":{"pollingInterval":%d}}`, int(pollingInterval.Seconds())))
		}
	}
	require.NoError(t, s.leave(t.Context()))
	await(t, namespace, 0)
}

// await returns how long it has taken each workload to have so many replicas.
func await(t *testing.T, namespace string, want int64) map[string]time.Duration {
	t.Helper()
	began := time.Now()
	took := make(map[string]time.Duration)
	r.Await(t, func(ctx context.Context) (missing error) {
		for _, w := range workloads {
			if _, there := took[w.name]; there {
				continue
			}
			n, err := w.replicas(ctx, namespace)
			if err == nil && n == want {
				took[w.name] = time.Since(began)
				continue
			}
			missing = errors.Join(missing, err, fmt.Errorf("%s has %d replicas, want %d", w.name, n, want))
		}
		return missing
	})
	return took
}
