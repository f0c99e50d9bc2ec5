package operator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/scalerkit/scalerkit/examples/operator/internal/certs"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/internal/reread"
)

// certificates are what servers show, and what that is signed by.
type certificates struct {
	get         certificateFunc
	authorities func() (*x509.CertPool, error)
}

// serveCertificate returns what the servers show: what is in a directory, or
// what the operator makes by itself.
func serveCertificate(ctx context.Context, m manager.Manager, c Config, live client.Client, log *slog.Logger) (*certificates, error) {
	if c.MetricsAPIAddress == "0" && c.WebhookAddress == "0" {
		return &certificates{}, nil
	}
	if c.CertDir != "" {
		files := &hpa.CertificateFiles{Certificate: filepath.Join(c.CertDir, "tls.crt"), Key: filepath.Join(c.CertDir, "tls.key"), Logger: log}
		_, err := files.Get(&tls.ClientHelloInfo{})
		return &certificates{files.Get, authoritiesIn(filepath.Join(c.CertDir, "ca.crt"))}, err
	}
	rotator := &certs.Rotator{
		Client: live,
		Secret: client.ObjectKey{Namespace: c.Namespace, Name: c.CertSecret},
		Names:  certs.ServiceNames(c.Service, c.Namespace, c.ClusterDomain),
		Logger: log,
	}
	// What is not served may be somebody else's.
	if c.MetricsAPIAddress != "0" {
		rotator.APIServices = []string{"v1beta1.external.metrics.k8s.io"}
	}
	if c.WebhookAddress != "0" {
		rotator.Webhooks = []string{c.Webhook}
	}
	if err := rotator.Sync(ctx); err != nil {
		log.ErrorContext(ctx, "cannot keep the certificates up to date", "error", err) // it is tried again
	}
	return &certificates{rotator.GetCertificate, rotator.Authorities}, m.Add(rotator)
}

// authoritiesIn returns what says which there are in a file, which may be replaced at any
// time. It is read again, but not within a second: each request of another replica needs
// them.
func authoritiesIn(path string) func() (*x509.CertPool, error) {
	var authorities reread.Value[*x509.CertPool]
	return func() (*x509.CertPool, error) {
		return authorities.Get(func() (*x509.CertPool, error) {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("%s: has no PEM certificate", path)
			}
			return pool, nil
		})
	}
}
