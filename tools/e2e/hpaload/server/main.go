// Server is what hpaload measures: a metrics adapter with published metrics,
// or, with -bare, a server that answers everything with a constant.
//
// The metrics are all named as KEDA names the first trigger of a ScaledObject,
// and are told apart by the label of the ScaledObject.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/tools/e2e/adapter"
)

// republish is how often every metric is published anew.
const republish = 5 * time.Second

func main() {
	address := flag.String("address", "", "where to serve")
	cert := flag.String("cert", "", "file of the serving certificate")
	key := flag.String("key", "", "file of its key")
	kubeconfig := flag.String("kubeconfig", "", "of the cluster")
	n := flag.Int("metrics", 1000, "how many metrics to publish")
	bare := flag.Bool("bare", false, "answer with a constant")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	run := serveMetrics
	if *bare {
		run = serveConstant
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	files := hpa.CertificateFiles{Certificate: *cert, Key: *key}
	if err := run(ctx, listener, &files, *kubeconfig, *n); err != nil {
		log.Fatal(err)
	}
}

func serveMetrics(ctx context.Context, listener net.Listener, files *hpa.CertificateFiles, kubeconfig string, n int) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	var provider hpa.Provider
	publish(&provider, n)
	go func() {
		for range time.Tick(republish) {
			publish(&provider, n)
		}
	}()
	return adapter.Serve(ctx, config, listener, files.Get, &provider)
}

// publish publishes a metric for each of n objects.
func publish(provider *hpa.Provider, n int) {
	for i := range n {
		name := "worker-" + strconv.Itoa(i)
		provider.Publish(hpa.Owner{Namespace: "load", Name: name}, []hpa.Value{{
			Metric: "s0-redis-orders",
			Labels: map[string]string{"scaledobject.keda.sh/name": name},
			Value:  float64(i),
			Time:   time.Now(),
		}})
	}
}

// serveConstant answers what the other does, without knowing what was asked.
func serveConstant(ctx context.Context, listener net.Listener, files *hpa.CertificateFiles, _ string, _ int) error {
	answer := fmt.Appendf(nil, `{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},`+
		`"items":[{"metricName":"s0-redis-orders","metricLabels":{"scaledobject.keda.sh/name":"worker-500"},"timestamp":%q,"value":"500"}]}`,
		time.Now().UTC().Format(time.RFC3339))
	server := &http.Server{
		TLSConfig: &tls.Config{GetCertificate: files.Get},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer) // whoever asked has gone
		}),
	}
	context.AfterFunc(ctx, func() { server.Close() })
	return server.ServeTLS(listener, "", "")
}
