package operator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/scalerkit/scalerkit/examples/operator/internal/admission"
)

// serveWebhook adds the server of the admission webhook to a manager. It answers
// everywhere, and before the caches are filled.
func serveWebhook(ctx context.Context, m manager.Manager, address string, webhook *admission.Webhook, certificate certificateFunc, log *slog.Logger) error {
	if err := admission.Index(ctx, m.GetFieldIndexer()); err != nil {
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
	return m.Add(&manager.Server{
		Name:     "admission webhook",
		Listener: tls.NewListener(listener, &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}),
		Server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	})
}
