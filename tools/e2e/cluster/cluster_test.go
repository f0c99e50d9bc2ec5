package cluster_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

var plane *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(cluster.Run(cluster.Options{}, func(c *cluster.Cluster) int {
		plane = c
		return m.Run()
	}))
}

func client(t *testing.T) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(plane.Config())
	require.NoError(t, err)
	return c
}

// pods returns a template whose pods play what the annotations say.
func pods(app string, annotations map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}, Annotations: annotations},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyAlways,
			Containers:    []corev1.Container{{Name: "main", Image: "example.com/main:1"}},
		},
	}
}

func deployment(name string, replicas int32, annotations map[string]string) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: pods(name, annotations),
		},
	}
}

// eventually asks until there is no error.
func eventually(t *testing.T, ask func(ctx context.Context) error) {
	t.Helper()
	require.NoError(t, process.Poll(t.Context(), time.Minute, ask))
}

func TestDeploymentAfterRestarts(t *testing.T) {
	c := client(t)
	deployments := c.AppsV1().Deployments("default")
	ready := func(name string, want int32) {
		t.Helper()
		eventually(t, func(ctx context.Context) error {
			d, err := deployments.Get(ctx, name, metav1.GetOptions{})
			if err == nil && (d.Status.ReadyReplicas != want || d.Status.Replicas != want) {
				err = fmt.Errorf("%s has %d replicas, %d of them ready, want %d", name, d.Status.Replicas, d.Status.ReadyReplicas, want)
			}
			return err
		})
	}
	_, err := deployments.Create(t.Context(), deployment("web", 3, nil), metav1.CreateOptions{})
	require.NoError(t, err)
	ready("web", 3)

	for _, component := range []cluster.Component{cluster.Etcd, cluster.APIServer, cluster.ControllerManager, cluster.Scheduler, cluster.Kwok} {
		plane.Kill(component)
		require.NoError(t, plane.Restart(t.Context(), component))
	}
	d, err := deployments.Get(t.Context(), "web", metav1.GetOptions{})
	require.NoError(t, err)
	*d.Spec.Replicas = 1
	_, err = deployments.Update(t.Context(), d, metav1.UpdateOptions{})
	require.NoError(t, err)
	ready("web", 1)
}

func TestPendingPod(t *testing.T) {
	c := client(t)
	_, err := c.AppsV1().Deployments("default").Create(t.Context(),
		deployment("pending", 1, map[string]string{"e2e.scalerkit/pending": "true"}), metav1.CreateOptions{})
	require.NoError(t, err)
	pod := func(ctx context.Context) (*corev1.Pod, error) {
		list, err := c.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=pending"})
		if err != nil {
			return nil, err
		}
		if len(list.Items) != 1 || list.Items[0].Spec.NodeName == "" {
			return nil, fmt.Errorf("there is no pod with a node in %v", list.Items)
		}
		return &list.Items[0], nil
	}
	var pending *corev1.Pod
	eventually(t, func(ctx context.Context) (err error) { pending, err = pod(ctx); return })
	require.Equal(t, corev1.PodPending, pending.Status.Phase)
	pending.Annotations = nil
	_, err = c.CoreV1().Pods("default").Update(t.Context(), pending, metav1.UpdateOptions{})
	require.NoError(t, err)
	eventually(t, func(ctx context.Context) error {
		p, err := pod(ctx)
		if err == nil && p.Status.Phase != corev1.PodRunning {
			err = fmt.Errorf("the pod is %s", p.Status.Phase)
		}
		return err
	})
}

func TestJobs(t *testing.T) {
	for name, test := range map[string]struct {
		annotations map[string]string
		want        batchv1.JobConditionType
	}{
		"succeeds": {map[string]string{"e2e.scalerkit/runs": "10ms"}, batchv1.JobComplete},
		"fails":    {map[string]string{"e2e.scalerkit/runs": "10ms", "e2e.scalerkit/fails": "true"}, batchv1.JobFailed},
		"default":  {nil, batchv1.JobComplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jobs := client(t).BatchV1().Jobs("default")
			never := int32(0)
			job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: batchv1.JobSpec{BackoffLimit: &never, Template: pods(name, test.annotations)}}
			job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
			_, err := jobs.Create(t.Context(), job, metav1.CreateOptions{})
			require.NoError(t, err)
			eventually(t, func(ctx context.Context) error {
				job, err := jobs.Get(ctx, name, metav1.GetOptions{})
				if err != nil {
					return err
				}
				for _, condition := range job.Status.Conditions {
					if condition.Type == test.want && condition.Status == corev1.ConditionTrue {
						return nil
					}
				}
				return fmt.Errorf("conditions %v, want %s", job.Status.Conditions, test.want)
			})
		})
	}
}

// TestAggregate has a server answer an API, of which the API server checks the
// certificate and which checks the API server's.
func TestAggregate(t *testing.T) {
	api := cluster.Aggregated{Group: "test.scalerkit", Version: "v1", Namespace: "default", Service: "aggregated"}
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	api.CA = authority.PEM
	api.Port = serve(t, authority, api.Host())
	require.NoError(t, plane.Aggregate(t.Context(), api))
	defer plane.Withdraw(context.Background(), api) //nolint:errcheck // the cluster ends soon
	body, err := client(t).RESTClient().Get().AbsPath("/apis/test.scalerkit/v1/anything").DoRaw(t.Context())
	require.NoError(t, err)
	require.Equal(t, `{"asked":"/apis/test.scalerkit/v1/anything","by":"front-proxy-client","for":"admin"}`, string(body))

	stranger := api
	stranger.Version, stranger.Service = "v2", "stranger"
	stranger.Port = serve(t, authority, api.Host())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	refused := make(chan error, 1)
	go func() { refused <- plane.Aggregate(ctx, stranger) }()
	eventually(t, func(ctx context.Context) error {
		body, err := client(t).RESTClient().Get().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices/v2.test.scalerkit/status").DoRaw(ctx)
		if err == nil && !strings.Contains(string(body), "certificate is valid for aggregated.default.svc, not stranger.default.svc") {
			err = fmt.Errorf("the API server does not say why it refuses the certificate: %s", body)
		}
		return err
	})
	cancel()
	require.NoError(t, plane.Withdraw(t.Context(), stranger))
	require.ErrorContains(t, <-refused, "the APIService v2.test.scalerkit is not available")
}

// serve answers with what it was asked and by whom.
func serve(t *testing.T, authority *pki.Authority, host string) int {
	t.Helper()
	pair, err := authority.Server(host)
	require.NoError(t, err)
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert})
	require.NoError(t, err)
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"asked":%q,"by":%q,"for":%q}`, r.URL.Path, r.TLS.PeerCertificates[0].Subject.CommonName, r.Header.Get("X-Remote-User"))
	})}
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}
