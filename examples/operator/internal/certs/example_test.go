package certs_test

import (
	"crypto/tls"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/certs"
)

func Example() {
	keeper := &certs.Keeper{
		Secret:      client.ObjectKey{Namespace: "keda", Name: "kedaorg-certs"},
		Names:       certs.ServiceNames("keda-operator", "keda", "cluster.local"),
		APIServices: []string{"v1beta1.external.metrics.k8s.io"},
		Webhooks:    []string{"keda-admission"},
	}
	// keeper.Client = …; keeper.Sync(ctx), and then manager.Add(keeper).

	server := &tls.Config{GetCertificate: keeper.GetCertificate}
	_, err := server.GetCertificate(&tls.ClientHelloInfo{})
	fmt.Println(err)
	// Output: Secret keda/kedaorg-certs has not been read yet
}
