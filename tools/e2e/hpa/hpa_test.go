// Package hpa_test shows package hpa to a Kubernetes control plane.
package hpa_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/tools/e2e/adapter"
	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// The tests share a cluster and the adapter that answers its external metrics.
var (
	plane    *cluster.Cluster
	client   *kubernetes.Clientset
	provider hpa.Provider
	server   serving
)

// serving is how the adapter is reached.
type serving struct {
	api       cluster.Aggregated
	authority *pki.Authority
	files     hpa.CertificateFiles
	caller    atomic.Pointer[x509.Certificate] // of the last request
}

func TestMain(m *testing.M) {
	options := cluster.Options{HPASync: time.Second, HPAStabilization: time.Second}
	os.Exit(cluster.Run(options, func(c *cluster.Cluster) int {
		plane = c
		stop, err := setUp()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stop()
		return m.Run()
	}))
}

// setUp starts the adapter and registers it.
func setUp() (stop func(), err error) {
	if client, err = kubernetes.NewForConfig(plane.Config()); err != nil {
		return nil, err
	}
	dir, err := plane.TempDir("adapter")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server.files.Certificate, server.files.Key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	server.api = cluster.Aggregated{
		Group: "external.metrics.k8s.io", Version: "v1beta1",
		Namespace: "default", Service: "adapter", Port: listener.Addr().(*net.TCPAddr).Port,
	}
	if server.authority, err = pki.NewAuthority("adapter CA"); err != nil {
		return nil, err
	}
	if err := server.sign(server.authority); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- adapter.Serve(ctx, plane.Config(), listener, server.files.Get, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.caller.Store(r.TLS.PeerCertificates[0])
			provider.ServeHTTP(w, r)
		}))
	}()
	server.api.CA = server.authority.PEM
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if err := plane.Aggregate(ctx, server.api); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// sign gives the adapter a certificate.
func (s *serving) sign(authority *pki.Authority) error {
	pair, err := authority.Server(s.api.Host())
	if err != nil {
		return err
	}
	return pair.Write(s.files.Certificate, s.files.Key)
}

// newNamespace makes a namespace for a test.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := strings.ToLower(t.Name())
	_, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	return name
}

// publish makes the values known for the length of the test.
func publish(t *testing.T, namespace string, values ...hpa.Value) {
	t.Helper()
	owner := hpa.Owner{Namespace: namespace, Name: t.Name()}
	provider.Publish(owner, values)
	t.Cleanup(func() { provider.Withdraw(owner) })
}

// queue is a value of a metric that the tests call "queue".
func queue(value float64, name string) hpa.Value {
	return hpa.Value{Metric: "queue", Labels: map[string]string{"queue": name}, Value: value, Time: time.Now(), MaxAge: time.Hour}
}

// newDeployment makes a Deployment named worker.
func newDeployment(t *testing.T, namespace string, replicas int32) {
	t.Helper()
	labels := map[string]string{"app": "worker"}
	pod := corev1.PodSpec{
		Containers:                    []corev1.Container{{Name: "main", Image: "example.com/worker:1"}},
		TerminationGracePeriodSeconds: new(int64), // or else the namespace waits for it
	}
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "worker"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       pod,
			},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
}

// eventually asks until there is no error.
func eventually(t *testing.T, ask func(ctx context.Context) error) {
	t.Helper()
	require.NoError(t, process.Poll(t.Context(), time.Minute, ask))
}

// awaitReady waits until the Deployment named worker has so many replicas, all
// of them ready.
func awaitReady(t *testing.T, namespace string, want int32) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		d, err := client.AppsV1().Deployments(namespace).Get(ctx, "worker", metav1.GetOptions{})
		if err == nil && (*d.Spec.Replicas != want || d.Status.ReadyReplicas != want || d.Status.Replicas != want) {
			err = fmt.Errorf("there are %d of %d replicas, %d of them ready, want %d", d.Status.Replicas, *d.Spec.Replicas, d.Status.ReadyReplicas, want)
		}
		return err
	})
}
