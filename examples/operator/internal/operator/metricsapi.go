package operator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/examples/operator/internal/peers"
	"github.com/scalerkit/scalerkit/hpa"
)

// serveMetrics adds the server of external.metrics.k8s.io, and what replicas ask each
// other by if they share the objects.
func serveMetrics(ctx context.Context, m manager.Manager, c Config, shared *sharing, scaledObjects *scaledobject.Reconciler, certificate *certificates, log *slog.Logger) error {
	if c.MetricsAPIAddress == "0" {
		return nil
	}
	var handler http.Handler = scaledObjects.Provider
	if shared != nil {
		if _, err := certificate.authorities(); err != nil {
			log.ErrorContext(ctx, "other replicas cannot be asked yet", "error", err)
		}
		var err error
		handler, err = shared.servePeers(ctx, m, c, &peers.Peers{
			Identity: c.identity(certificate), Local: handler, Known: isKnown(m.GetClient(), scaledObjects.Knows), Logger: log,
		})
		if err != nil {
			return err
		}
	}
	return serveMetricsAPI(ctx, m, c.MetricsAPIAddress, handler, certificate.get, log)
}

// serveMetricsAPI adds the server of external.metrics.k8s.io to a manager. It
// answers before anything else is known: the API server asks it in every
// discovery, and when a namespace is deleted.
func serveMetricsAPI(ctx context.Context, m manager.Manager, address string, handler http.Handler, certificate certificateFunc, log *slog.Logger) error {
	frontProxy := &hpa.FrontProxy{}
	if err := watchFrontProxy(ctx, m, frontProxy, log); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("metrics API: %w", err)
	}
	log.InfoContext(ctx, "serving the metrics API", "address", listener.Addr().String())
	return m.Add(newServer("metrics API", tls.NewListener(listener, frontProxy.TLSConfig(certificate)), frontProxy.Handler(handler), log))
}

// newServer returns a server that tells of what goes wrong with connections at level
// debug.
func newServer(name string, listener net.Listener, handler http.Handler, log *slog.Logger) *manager.Server {
	return &manager.Server{
		Name:     name,
		Listener: listener,
		Server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}
}

type certificateFunc = func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// watchFrontProxy keeps the FrontProxy up to date with the one ConfigMap that
// says who it is, which may be in a namespace that is not watched otherwise.
func watchFrontProxy(ctx context.Context, m manager.Manager, frontProxy *hpa.FrontProxy, log *slog.Logger) error {
	one, err := cache.New(m.GetConfig(), cache.Options{
		HTTPClient: m.GetHTTPClient(),
		Scheme:     m.GetScheme(),
		Mapper:     m.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{&corev1.ConfigMap{}: {
			Namespaces: map[string]cache.Config{metav1.NamespaceSystem: {
				FieldSelector: fields.OneTermEqualSelector("metadata.name", "extension-apiserver-authentication"),
			}},
		}},
	})
	if err != nil {
		return err
	}
	informer, err := one.GetInformer(ctx, &corev1.ConfigMap{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching the front proxy's certificate authority: %w", err)
	}
	update := func(object any) {
		config, ok := object.(*corev1.ConfigMap)
		if !ok {
			return
		}
		if err := frontProxy.Update(config); err != nil {
			log.ErrorContext(ctx, "cannot take over what the front proxy is known by", "error", err)
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    update,
		UpdateFunc: func(_, now any) { update(now) },
	})
	if err != nil {
		return err
	}
	return m.Add(caches{one})
}

// caches makes the manager start a cache together with its own.
type caches struct{ cache.Cache }

// GetCache is how a manager knows caches.
func (c caches) GetCache() cache.Cache { return c.Cache }
