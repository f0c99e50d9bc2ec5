package certs_test

import (
	"crypto/tls"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/certs"
)

func Example() {
	rotator := &certs.Rotator{
		Secret:      client.ObjectKey{Namespace: "keda", Name: "kedaorg-certs"},
		Names:       certs.ServiceNames("keda-operator", "keda", "cluster.local"),
		APIServices: []string{"v1beta1.external.metrics.k8s.io"},
		Webhooks:    []string{"keda-admission"},
	}
	// rotator.Client = …; rotator.Sync(ctx), and then manager.Add(rotator).

	server := &tls.Config{GetCertificate: rotator.GetCertificate}
	_, err := server.GetCertificate(&tls.ClientHelloInfo{})
	fmt.Println(err)
	// Output: Secret keda/kedaorg-certs has not been read yet
}
