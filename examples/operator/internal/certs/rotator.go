// Package certs makes the certificates that the operator's servers need,
// renews them, and tells the API server to trust them.
//
// One Secret has them, and every replica serves what it says. Whichever replica
// finds that something is due does it; of two that do, one is refused and goes
// by what the other did. An authority lives for two years and a serving
// certificate for 90 days; each is renewed when a third of that is left. The
// new authority is trusted beside the old one a day before it signs anything,
// and the old one until it expires.
//
// Certificates that come as files, from cert-manager say, need none of this: use
// controller-runtime's certwatcher.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A Rotator keeps the certificates of one operator. Its fields are not changed
// after the first call; its methods may be called concurrently.
type Rotator struct {
	// Client reads from the API server and not from a cache. It has to get,
	// create and update the Secret, and to get and patch the APIServices and
	// ValidatingWebhookConfigurations.
	Client client.Client

	// Secret has the certificates. If it is empty, it is filled.
	Secret client.ObjectKey

	// Names are the DNS names that clients call the servers by; see
	// [ServiceNames].
	Names []string

	// APIServices and Webhooks name the APIServices and
	// ValidatingWebhookConfigurations whose caBundle is kept up to date. Those
	// that do not exist are passed over.
	APIServices, Webhooks []string

	// Interval is the time from one look at the Secret to the next; 0 means a
	// minute.
	Interval time.Duration

	// Logger is told what was renewed, and why something could not be. If nil,
	// nothing is logged.
	Logger *slog.Logger

	mu     sync.Mutex // one Sync at a time
	held   keys
	served atomic.Pointer[tls.Certificate]
	trust  atomic.Pointer[x509.CertPool]
}

// ServiceNames returns the DNS names of a Service, for [Rotator.Names].
func ServiceNames(service, namespace, clusterDomain string) []string {
	names := []string{service, service + "." + namespace, service + "." + namespace + ".svc"}
	return append(names, names[2]+"."+clusterDomain)
}

// GetCertificate is for [tls.Config.GetCertificate]. Before the first Sync there
// is no certificate.
func (r *Rotator) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if cert := r.served.Load(); cert != nil {
		return cert, nil
	}
	return nil, fmt.Errorf("Secret %s has not been read yet", r.Secret)
}

// Authorities returns what clients are to trust: those that have signed what
// GetCertificate returns, here and in other replicas. It is not changed.
func (r *Rotator) Authorities() (*x509.CertPool, error) {
	if pool := r.trust.Load(); pool != nil {
		return pool, nil
	}
	return nil, fmt.Errorf("Secret %s has not been read yet", r.Secret)
}

// Start calls Sync once in every Interval, until ctx ends. It is for
// manager.Runnable.
func (r *Rotator) Start(ctx context.Context) error {
	interval := r.Interval
	if interval <= 0 {
		interval = time.Minute
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for last := ""; ; {
		text := ""
		if err := r.Sync(ctx); err != nil && ctx.Err() == nil {
			text = err.Error()
		}
		if text != "" && text != last {
			r.log().ErrorContext(ctx, "cannot keep the certificates up to date", "error", text)
		}
		last = text
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// NeedLeaderElection is for manager.LeaderElectionRunnable: every replica serves.
func (r *Rotator) NeedLeaderElection() bool { return false }

// Sync reads the Secret, or makes it, renews what is due, and publishes what
// clients are to trust. It serves what it has in spite of an error.
func (r *Rotator) Sync(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	// Whoever comes second finds nothing to do.
	_ = retry.OnError(retry.DefaultRetry, lost, func() error {
		err = r.sync(ctx)
		return err
	})
	return err
}

func (r *Rotator) sync(ctx context.Context) error {
	secret, found, err := r.read(ctx)
	if err != nil {
		return err
	}
	var unpublished error
	if len(found.authorities) > 0 {
		unpublished = r.publish(ctx, found.bundle())
	}
	next, changed, err := found.advance(time.Now(), r.Names, unpublished == nil)
	if err != nil {
		return fmt.Errorf("renew the certificates: %w", errors.Join(err, unpublished))
	}
	if changed || len(secret.Data) == 0 {
		if err := r.write(ctx, secret, next); err != nil {
			return errors.Join(err, unpublished)
		}
		r.log().InfoContext(ctx, "renewed the certificates", "secret", r.Secret.String(), "authorities", len(next.authorities),
			"expires", next.serving.cert.NotAfter)
		unpublished = r.publish(ctx, next.bundle())
	}
	r.held = next
	r.served.Store(next.certificate())
	r.trust.Store(next.pool())
	return unpublished
}

// read returns the Secret and what is in it. If it was lost, what this replica
// holds is put back.
func (r *Rotator) read(ctx context.Context) (*corev1.Secret, keys, error) {
	secret := &corev1.Secret{}
	err := r.Client.Get(ctx, r.Secret, secret)
	if apierrors.IsNotFound(err) {
		secret.ObjectMeta = metav1.ObjectMeta{Namespace: r.Secret.Namespace, Name: r.Secret.Name}
	} else if err != nil {
		return nil, keys{}, fmt.Errorf("read Secret %s: %w", r.Secret, err)
	}
	if len(secret.Data) == 0 {
		return secret, r.held, nil
	}
	found, err := parse(secret.Data)
	if err != nil {
		return nil, keys{}, fmt.Errorf("read Secret %s: %w; delete it, and it is created again", r.Secret, err)
	}
	return secret, found, nil
}

func (r *Rotator) write(ctx context.Context, secret *corev1.Secret, next keys) error {
	data, err := next.data()
	if err != nil {
		return fmt.Errorf("write Secret %s: %w", r.Secret, err)
	}
	if secret.Data == nil {
		secret.Data = make(map[string][]byte)
	}
	maps.Copy(secret.Data, data)
	if secret.ResourceVersion == "" {
		err = r.Client.Create(ctx, secret)
	} else {
		err = r.Client.Update(ctx, secret)
	}
	if err != nil {
		return fmt.Errorf("write Secret %s: %w", r.Secret, err)
	}
	return nil
}

func (r *Rotator) log() *slog.Logger {
	if r.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Logger
}
