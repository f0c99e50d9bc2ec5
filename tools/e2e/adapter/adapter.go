// Package adapter serves external metrics to a cluster from a process beside
// it, as a program that embeds package hpa does from within.
package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/scalerkit/scalerkit/hpa"
)

// Serve answers the API server with handler until ctx ends. It goes by what the
// cluster says of its front proxy, and follows it.
func Serve(ctx context.Context, config *rest.Config, listener net.Listener,
	certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), handler http.Handler,
) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var proxy hpa.FrontProxy
	if err := follow(ctx, client, &proxy); err != nil {
		return err
	}
	server := &http.Server{
		Handler:   proxy.Handler(handler),
		TLSConfig: proxy.TLSConfig(certificate),
		ErrorLog:  log.New(io.Discard, "", 0), // who breaks off is told by what it does not get
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// follow updates the proxy until ctx ends, and returns after the first time.
func follow(ctx context.Context, client kubernetes.Interface, proxy *hpa.FrontProxy) error {
	const namespace, name = metav1.NamespaceSystem, "extension-apiserver-authentication"
	first, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := proxy.Update(first); err != nil {
		return err
	}
	update := func(object any) {
		if err := proxy.Update(object.(*corev1.ConfigMap)); err != nil {
			fmt.Println(err)
		}
	}
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "configmaps", namespace, fields.OneTermEqualSelector("metadata.name", name)),
		ObjectType:    &corev1.ConfigMap{},
		Handler:       cache.ResourceEventHandlerFuncs{AddFunc: update, UpdateFunc: func(_, object any) { update(object) }},
	})
	go informer.RunWithContext(ctx)
	return nil
}
