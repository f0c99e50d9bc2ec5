// Package scaledobject shows what ScaledObjects do in a cluster, by what becomes
// of its objects: one test for each thing that they can do.
package scaledobject

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var (
	r     *rig.Rig
	files string // the directory whose files the operator may read
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if files, err = os.MkdirTemp("", "scalerkit-e2e-files-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(files)
	return rig.Run(func(started *rig.Rig) int {
		r = started
		return m.Run()
	}, "--filepath-auth-root-path="+files, "KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES="+audiences)
}

// An object is a Deployment and the ScaledObject that scales it: by the
// namespace's list, if nothing else is said, one replica for five messages.
type object struct {
	name        string   // of both
	replicas    int      // of the Deployment at first
	container   string   // more of the Deployment's, such as its environment
	annotations string   // of the ScaledObject
	spec        []string // lines of its spec, which take the place of the usual ones
}

// usual are the lines of a spec. The triggers are read often, and nothing keeps
// the workload from having the replicas that are called for.
func usual(namespace string) []string {
	return []string{
		"pollingInterval: 1",
		"cooldownPeriod: 1",
		"maxReplicaCount: 30",
		"advanced: {" + atOnce + "}",
		"triggers: [" + list(namespace) + "]",
	}
}

// atOnce lets replicas come and go as they are called for.
const atOnce = `horizontalPodAutoscalerConfig: {behavior: {
      scaleUp: {policies: [{type: Pods, value: 30, periodSeconds: 1}]},
      scaleDown: {stabilizationWindowSeconds: 0}}}`

// list returns a trigger on a list, with more lines of it.
func list(key string, more ...string) string {
	return redisTrigger(r.Redis.Address, key, append(more, "authenticationRef: {name: redis}")...)
}

func redisTrigger(address, key string, more ...string) string {
	metadata := fmt.Sprintf("{address: %q, listName: %s, listLength: '5'}", address, key)
	return "{" + strings.Join(append([]string{"type: redis", "metadata: " + metadata}, more...), ", ") + "}"
}

// deployment returns the manifest of the Deployment.
func (o object) deployment() string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: %[2]d
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: "example.com/worker:1", %[3]s}]
`, o.name, o.replicas, o.container)
}

// scaledObject returns the manifest of the ScaledObject.
func (o object) scaledObject(namespace string) string {
	given := o.spec
	if !has(given, "scaleTargetRef") {
		given = append([]string{"scaleTargetRef: {name: " + o.name + "}"}, given...)
	}
	for _, line := range usual(namespace) {
		if key, _, _ := strings.Cut(line, ":"); !has(given, key) {
			given = append(given, line)
		}
	}
	return fmt.Sprintf(`
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: %s, annotations: {%s}}
spec:
  %s
`, o.name, o.annotations, strings.Join(given, "\n  "))
}

func has(lines []string, key string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, key+":") {
			return true
		}
	}
	return false
}

// namespace makes a namespace for a test, which runs beside others.
func namespace(t *testing.T) string {
	t.Helper()
	t.Parallel()
	name := r.Namespace(t)
	r.Apply(t, name, broker.Authentication(r.Redis.Password))
	return name
}

// apply creates objects.
func apply(t *testing.T, namespace string, objects ...object) {
	t.Helper()
	for _, o := range objects {
		r.Apply(t, namespace, o.deployment()+"---"+o.scaledObject(namespace))
	}
}

// The modes, as annotations.
const (
	withHPA    = "scalerkit.dev/mode: hpa"
	withoutHPA = "scalerkit.dev/mode: direct"
)

// inBothModes runs a test with and without an HPA.
func inBothModes(t *testing.T, test func(t *testing.T, namespace, mode string)) {
	t.Run("hpa", func(t *testing.T) { test(t, namespace(t), withHPA) })
	t.Run("direct", func(t *testing.T) { test(t, namespace(t), withoutHPA) })
}

// fill makes a list have so many messages, from one moment to the next.
func fill(t *testing.T, list string, messages int) {
	t.Helper()
	fillAt(t, r.Redis.Client, list, messages)
}

func fillAt(t *testing.T, client *redis.Client, list string, messages int) {
	t.Helper()
	_, err := client.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Del(t.Context(), list)
		if messages > 0 {
			p.RPush(t.Context(), list, make([]any, messages)...)
		}
		return nil
	})
	require.NoError(t, err)
}

// replicas returns how many a Deployment is to have at this moment.
func replicas(t *testing.T, namespace, name string) int32 {
	t.Helper()
	d, err := r.Client.AppsV1().Deployments(namespace).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return *d.Spec.Replicas
}

// status returns the status of a ScaledObject at this moment.
func status(t *testing.T, namespace, name string) rig.Status {
	t.Helper()
	s, err := r.Status(t.Context(), namespace, name)
	require.NoError(t, err)
	return s
}

// What the conditions of an object say that is well.
var (
	ready       = rig.Condition{Status: "True", Reason: "ScaledObjectReady", Message: "The object is valid and its triggers can be read"}
	active      = rig.Condition{Status: "True", Reason: "ScalerActive", Message: "A trigger calls for at least one replica"}
	notActive   = rig.Condition{Status: "False", Reason: "ScalerNotActive", Message: "No trigger is active"}
	coolingDown = rig.Condition{Status: "False", Reason: "ScalerCooldown", Message: "No trigger is active, but not for long enough"}
)
