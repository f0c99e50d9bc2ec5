package operator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/scalerkit/scalerkit/examples/operator/internal/admission"
)

// serveWebhook adds the server of the admission webhook to a manager. It answers
// everywhere, and before the caches are filled.
func serveWebhook(ctx context.Context, m manager.Manager, address string, webhook *admission.Webhook, certificate certificateFunc, log *slog.Logger) error {
	var err error
	if webhook.ScaledObjects, err = admission.NewIndex(ctx, m.GetCache()); err != nil {
		return fmt.Errorf("admission webhook: %w", err)
	}
	handler, err := webhook.Handler()
	if err != nil {
		return fmt.Errorf("admission webhook: %w", err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("admission webhook: %w", err)
	}
	log.InfoContext(ctx, "serving the admission webhook", "address", listener.Addr().String())
	listener = tls.NewListener(listener, &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12})
	return m.Add(newServer("admission webhook", listener, handler, log))
}
