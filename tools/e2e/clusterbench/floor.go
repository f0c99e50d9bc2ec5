package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/operator"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
)

// scaling is how many workloads the bare client scales at once: as many as the
// operator does.
const scaling = 256

// A bareClient does with the API server what has to be done for the objects, and
// nothing else: it knows beforehand what that is, watches nothing and reads no
// source. Its time is that of the API server, of the machine, and of the pods that
// come and go meanwhile.
type bareClient struct {
	*bench
	typed   *kubernetes.Clientset
	dynamic dynamic.Interface
}

// newBare returns one that is a user of its own, as the operator is.
func (b *bench) newBare(ctx context.Context) (*bareClient, error) {
	path, err := b.cluster.KubeconfigOf(ctx, namespace, "bare")
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS, config.DisableCompression = -1, true
	config.ContentType = "application/vnd.kubernetes.protobuf"
	c := &bareClient{bench: b}
	if c.typed, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	config.ContentType = "application/json"
	c.dynamic, err = dynamic.NewForConfig(config)
	return c, err
}

// follow does for a ScaledObject that was applied what the operator does: it
// makes the HPA and says so in the status.
func (c *bareClient) follow(ctx context.Context, i int) error {
	var hpa autoscalingv2.HorizontalPodAutoscaler
	if err := yaml.Unmarshal(fmt.Appendf(nil, floorHPA, c.name(i)), &hpa); err != nil {
		return err
	}
	if _, err := c.typed.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(ctx, &hpa, metav1.CreateOptions{}); err != nil {
		return err
	}
	objects := c.dynamic.Resource(schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"})
	status := fmt.Appendf(nil, floorStatus, c.name(i))
	_, err := objects.Namespace(namespace).Patch(ctx, c.name(i), types.JSONPatchType, status, metav1.PatchOptions{}, "status")
	return err
}

// scale writes the scale of all Deployments.
func (c *bareClient) scale(ctx context.Context, replicas int) error {
	patch := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	return c.each(ctx, scaling, func(ctx context.Context, i int) error {
		return c.typed.AppsV1().RESTClient().Patch(types.MergePatchType).
			Namespace(namespace).Resource("deployments").Name(c.name(i)).SubResource("scale").Body(patch).Do(ctx).Error()
	})
}

// bare has a bare client do it. The operator is installed and does not run.
func bare(b *bench, ctx context.Context, _ *operator.Installation) error {
	if err := b.apply(ctx, floorUser); err != nil {
		return err
	}
	c, err := b.newBare(ctx)
	if err != nil {
		return err
	}
	if err := b.serveConstant(ctx); err != nil {
		return err
	}
	if err := b.create(ctx, c.follow); err != nil {
		return err
	}
	if err := b.rest(ctx); err != nil {
		return err
	}
	return b.burst(ctx, func(ctx context.Context) error { return c.scale(ctx, b.replicas) })
}

// serveConstant answers the HPA controller, which asks the operator otherwise,
// until ctx ends.
func (b *bench) serveConstant(ctx context.Context) error {
	api := cluster.Aggregated{Group: "external.metrics.k8s.io", Version: "v1beta1", Namespace: "default", Service: "constant"}
	authority, err := pki.NewAuthority(api.Service)
	if err != nil {
		return err
	}
	pair, err := authority.Server(api.Host())
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, constant, time.Now().UTC().Format(time.RFC3339), b.replicas*perReplica)
	})}
	context.AfterFunc(ctx, func() { server.Close() })
	go server.Serve(listener) //nolint:errcheck // it ends with ctx
	api.CA, api.Port = authority.PEM, listener.Addr().(*net.TCPAddr).Port
	return b.cluster.Aggregate(ctx, api)
}
