package mirror_test

import (
	"cmp"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/mirror"
	"github.com/scalerkit/scalerkit/scalers/kubernetes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pod(name, app string, phase corev1.PodPhase, node string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Labels: map[string]string{"app": app}, Annotations: map[string]string{"a": "b"}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "main", Image: "example.com/worker:1"}}},
		Status:     corev1.PodStatus{Phase: phase},
	}
}

func kept(app string, phase corev1.PodPhase, node string) kubernetes.Pod {
	return kubernetes.Pod{Labels: map[string]string{"app": app}, Phase: string(phase), Node: node}
}

func configMap(namespace, name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Data:       data,
	}
}

// await waits until what there is is as wanted.
func await[T any](t *testing.T, w kubernetes.Watched[T], as func([]T, error) bool) {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		next := w.Changed()
		all, err := w.All()
		if as(all, err) {
			return
		}
		select {
		case <-next:
		case <-patience:
			t.Fatalf("there are still %v, %v", all, err)
		}
	}
}

// arePods says whether pods are these, by node.
func arePods(want ...kubernetes.Pod) func([]kubernetes.Pod, error) bool {
	return func(all []kubernetes.Pod, err error) bool {
		all = slices.SortedFunc(slices.Values(all), func(a, b kubernetes.Pod) int { return cmp.Compare(a.Node, b.Node) })
		return err == nil && slices.EqualFunc(all, want, func(a, b kubernetes.Pod) bool {
			return a.Node == b.Node && a.Phase == b.Phase && a.Labels["app"] == b.Labels["app"] && len(a.Labels) == len(b.Labels)
		})
	}
}

func TestPodsAreKeptUpWith(t *testing.T) {
	server, c := start(t)
	for _, p := range []*corev1.Pod{pod("a", "orders", "Running", "1"), pod("b", "orders", "Running", "2"), pod("c", "mails", "Succeeded", "3")} {
		server.put(p)
	}
	other := pod("a", "orders", "Running", "1")
	other.Namespace = "mail"
	server.put(other)
	pods, err := (&mirror.Cluster{Client: c}).Pods(t.Context(), "shop")
	require.NoError(t, err)
	all, err := pods.All()
	require.True(t, arePods(kept("orders", "Running", "1"), kept("orders", "Running", "2"), kept("mails", "Succeeded", "3"))(all, err), "%v, %v", all, err)

	server.put(pod("d", "orders", "Pending", ""))
	server.put(pod("b", "orders", "Failed", "2"))
	server.remove(pod("a", "orders", "Running", "1"))
	await(t, pods, arePods(kept("orders", "Pending", ""), kept("orders", "Failed", "2"), kept("mails", "Succeeded", "3")))

	// Where one watch ends, the next one begins.
	server.endWatches()
	server.put(pod("e", "orders", "Running", "5"))
	await(t, pods, arePods(kept("orders", "Pending", ""), kept("orders", "Failed", "2"), kept("mails", "Succeeded", "3"), kept("orders", "Running", "5")))
	lists, watches := server.asked()
	require.Equal(t, []int{2, 2}, []int{lists, watches}, "two pages, and two watches")
	require.False(t, pods.IsClosed())
	require.NoError(t, pods.Close())
	require.True(t, pods.IsClosed())
}

func TestAMirrorIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		told bool // of something, before that
		end  func(*apiServer)
		want string
	}{
		"by a watch that told of nothing": {false, func(s *apiServer) { s.endWatches() }, "the watch has ended"},
		"by a version that is too old": {true, func(s *apiServer) {
			s.set(func() { s.expired, s.epoch = 99, s.epoch+1 })
		}, "too old resource version"},
		"by an outage": {true, func(s *apiServer) {
			s.set(func() {
				s.refusal, s.epoch = status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is gone"), s.epoch+1
			})
		}, "etcd is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := start(t)
			pods, err := (&mirror.Cluster{Client: client}).Pods(t.Context(), "shop")
			require.NoError(t, err)
			if c.told {
				server.put(pod("a", "orders", "Pending", ""))
				await(t, pods, arePods(kept("orders", "Pending", "")))
			}
			c.end(server)
			await(t, pods, func(_ []kubernetes.Pod, err error) bool { return err != nil && err.Error() == c.want })
			require.True(t, pods.IsClosed())
			require.NoError(t, pods.Close())
		})
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	server, c := start(t)
	cluster := &mirror.Cluster{Client: c}
	for _, r := range []struct {
		status *metav1.Status
		kind   error
		want   string
	}{
		{status(http.StatusForbidden, metav1.StatusReasonForbidden, "pods is forbidden"), scalerkit.ErrDenied, "access denied: pods is forbidden"},
		{status(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized"), scalerkit.ErrDenied, "access denied: Unauthorized"},
		{status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcd is gone"), nil, "etcd is gone"},
	} {
		server.set(func() { server.refusal = r.status })
		_, err := cluster.Pods(t.Context(), "shop")
		require.EqualError(t, err, r.want)
		if r.kind != nil {
			require.ErrorIs(t, err, r.kind)
		}
	}
}

func TestObjectsAreReadOneByOne(t *testing.T) {
	server, c := start(t)
	server.put(configMap("shop", "numbers", map[string]string{"backlog": "7"}))
	server.put(configMap("shop", "others", map[string]string{"backlog": "8"}))
	server.put(&corev1.Secret{
		TypeMeta:   metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "numbers"},
		Data:       map[string][]byte{"limit": []byte("9")},
	})
	cluster := &mirror.Cluster{Client: c}
	for object, want := range map[kubernetes.Object][]kubernetes.Data{
		{Kind: "ConfigMap", Namespace: "shop", Name: "numbers"}: {{"backlog": "7"}},
		{Kind: "Secret", Namespace: "shop", Name: "numbers"}:    {{"limit": "9"}},
		{Kind: "ConfigMap", Namespace: "shop", Name: "none"}:    nil,
	} {
		data, err := cluster.Data(t.Context(), object)
		require.NoError(t, err)
		all, err := data.All()
		require.NoError(t, err)
		require.Equal(t, want, all)
		require.NoError(t, data.Close())
	}
}

func TestSecretsAreRestricted(t *testing.T) {
	server, c := start(t)
	cluster := &mirror.Cluster{Client: c, RestrictSecrets: true, SecretNamespace: "keda"}
	_, err := cluster.Data(t.Context(), kubernetes.Object{Kind: "Secret", Namespace: "shop", Name: "numbers"})
	require.EqualError(t, err, "access denied: KEDA_RESTRICT_SECRET_ACCESS limits the operator to the Secrets of namespace keda")
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	lists, watches := server.asked()
	require.Zero(t, lists+watches)
	for _, allowed := range []kubernetes.Object{
		{Kind: "Secret", Namespace: "keda", Name: "numbers"},
		{Kind: "ConfigMap", Namespace: "shop", Name: "numbers"},
	} {
		data, err := cluster.Data(t.Context(), allowed)
		require.NoError(t, err)
		require.NoError(t, data.Close())
	}
}
