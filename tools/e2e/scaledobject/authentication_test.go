package scaledobject

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/tools/e2e/broker"
)

// TestAuthentication takes the password of the Redis, and where it is, from each
// place that there is in a cluster.
func TestAuthentication(t *testing.T) {
	password := r.Redis.Password
	host, port, err := net.SplitHostPort(r.Redis.Address)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(files, "redis.json"), fmt.Appendf(nil, `{"address": %q, "password": %q}`, r.Redis.Address, password), 0o600))
	address := fmt.Sprintf("address: %q", r.Redis.Address)
	for name, c := range map[string]struct {
		manifest  string
		container string   // more of it
		metadata  []string // of the trigger
		ref       string   // authenticationRef
	}{
		"secretTargetRef": {
			manifest: broker.Authentication(password),
			metadata: []string{address},
			ref:      "{name: redis}",
		},
		"configMapTargetRef": {
			manifest: fmt.Sprintf(`
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {where: %q, password: %s}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec: {configMapTargetRef: [{parameter: address, name: a, key: where}, {parameter: password, name: a, key: password}]}
`, r.Redis.Address, password),
			ref: "{name: a}",
		},
		"env": {
			manifest: fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {pass: %s}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: a}
spec: {env: [{parameter: password, name: PASSWORD, containerName: main}, {parameter: address, name: ADDRESS}]}
`, password),
			container: fmt.Sprintf(`env: [
				{name: PASSWORD, valueFrom: {secretKeyRef: {name: a, key: pass}}},
				{name: PORT, value: %q}, {name: ADDRESS, value: "%s:$(PORT)"}]`, port, host),
			ref: "{name: a}",
		},
		"FromEnv": {
			manifest: fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {PASSWORD: %s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {where: %q}
`, password, r.Redis.Address),
			container: `envFrom: [{prefix: REDIS_, secretRef: {name: a}}], env: [{name: ADDRESS, valueFrom: {configMapKeyRef: {name: a, key: where}}}]`,
			metadata:  []string{"addressFromEnv: ADDRESS", "passwordFromEnv: REDIS_PASSWORD"},
		},
		"filePath": {
			manifest: `
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: e2e-file}
spec: {filePath: redis.json}
`,
			ref: "{kind: ClusterTriggerAuthentication, name: e2e-file}",
		},
		"cluster": {
			manifest: fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: e2e-redis, namespace: %s}
stringData: {password: %s}
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: e2e-secret}
spec: {secretTargetRef: [{parameter: password, name: e2e-redis, key: password}]}
`, r.Installation.Namespace, password),
			metadata: []string{address},
			ref:      "{kind: ClusterTriggerAuthentication, name: e2e-secret}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := r.Namespace(t)
			r.Apply(t, namespace, c.manifest)
			trigger := "type: redis, metadata: {" + strings.Join(append(c.metadata, "listName: "+namespace, `listLength: "5"`), ", ") + "}"
			if c.ref != "" {
				trigger += ", authenticationRef: " + c.ref
			}
			fill(t, namespace, 20)
			apply(t, namespace, object{name: "worker", container: c.container, spec: []string{"triggers: [{" + trigger + "}]"}})
			r.AwaitReplicas(t, namespace, "worker", 4)
			r.AwaitCondition(t, namespace, "worker", "Ready", ready)
		})
	}
}

// audiences are what tokens may be requested for.
const audiences = `[{audience: queues, namespace: token-reader, serviceAccountName: reader}]`

// TestBoundServiceAccountToken has a server that takes tokens of a service
// account for passwords: it asks the API server whose they are. The API server
// takes them for nothing of its own.
func TestBoundServiceAccountToken(t *testing.T) {
	const namespace = "token-reader"
	_, err := r.Client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	require.NoError(t, err)
	review := func(ctx context.Context, token string, audiences ...string) (authenticationv1.TokenReviewStatus, error) {
		said, err := r.Client.AuthenticationV1().TokenReviews().Create(ctx,
			&authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences}}, metav1.CreateOptions{})
		return said.Status, err
	}
	var got atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		_, token, _ := q.BasicAuth()
		got.Store(token)
		status, err := review(q.Context(), token, "queues")
		if err != nil || status.User.Username != "system:serviceaccount:"+namespace+":reader" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"name": "orders", "state": "running", "messages": 20, "messages_ready": 20}`))
	}))
	t.Cleanup(server.Close)
	apply(t, namespace, object{name: "worker", spec: []string{
		fmt.Sprintf(`triggers: [{type: rabbitmq, metadata: {host: %q, queueName: orders, mode: QueueLength, value: "5"}, authenticationRef: {name: token}}]`, server.URL),
	}})
	r.Apply(t, namespace, `
apiVersion: v1
kind: ConfigMap
metadata: {name: user}
data: {name: reader}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: token}
spec:
  configMapTargetRef: [{parameter: username, name: user, key: name}]
  boundServiceAccountToken: [{parameter: password, serviceAccountName: reader}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: token}
rules: [{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [reader], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: token}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: token}
subjects: [{kind: ServiceAccount, name: scalerkit-operator, namespace: `+r.Installation.Namespace+`}]
`)
	r.AwaitReplicas(t, namespace, "worker", 4)
	r.AwaitCondition(t, namespace, "worker", "Ready", ready)
	status, err := review(t.Context(), got.Load().(string))
	require.NoError(t, err)
	require.False(t, status.Authenticated, "the API server takes the token")
}
