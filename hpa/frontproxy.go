package hpa

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A FrontProxy admits the requests that kube-apiserver passes on, and no
// others. It knows them by a client certificate of the request-header CA,
// which kube-apiserver publishes in the ConfigMap
// extension-apiserver-authentication of namespace kube-system, together with
// the names that the certificate may have.
//
// There is no SubjectAccessReview: kube-apiserver has authorized the user for
// the path before it passes a request on, and there is no other way in.
//
// The zero value refuses everything until Update; a FrontProxy must not be
// copied. Its methods may be called concurrently.
type FrontProxy struct {
	trust atomic.Pointer[trust]
}

// Update makes the FrontProxy trust what the ConfigMap
// extension-apiserver-authentication says, for every request from now on, also
// on connections that are open. After an error it goes on with what it has.
func (f *FrontProxy) Update(config *corev1.ConfigMap) error {
	t, err := newTrust(config.Data)
	if err != nil {
		return fmt.Errorf("ConfigMap %s/%s: %w", config.Namespace, config.Name, err)
	}
	f.trust.Store(t)
	return nil
}

// TLSConfig returns the configuration of a server behind the front proxy. The
// server's own certificate is what getCertificate returns at each handshake,
// such as [Certificate.Get] or [CertificateFiles.Get].
//
// The client's certificate is asked for, and verified by Handler: at each
// request, so that a connection does not outlive the trust in it.
func (f *FrontProxy) TLSConfig(getCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		ClientAuth:     tls.RequestClientCert,
		GetCertificate: getCertificate,
	}
	outer := config.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		c := config.Clone()
		if t := f.trust.Load(); t != nil {
			c.ClientCAs = t.roots // named to the client, so that it can choose
		}
		return c, nil
	}
	return outer
}

// Handler admits requests of the front proxy to next; their context has the
// [User]. Others get a metav1.Status with code 401 or 403, and their
// connection is closed. /healthz, /livez and /readyz are open to everyone.
func (f *FrontProxy) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isHealth(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		user, refused := f.admit(r)
		if refused != nil {
			// The next connection may come with another certificate.
			w.Header().Set("Connection", "close")
			writeFailure(w, r, refused)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
	})
}

// admit returns the user of a request, or why it is refused.
func (f *FrontProxy) admit(r *http.Request) (string, *metav1.Status) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return "", unauthorized("there is no client certificate: only kube-apiserver is answered, with its proxy client certificate")
	}
	t := f.trust.Load()
	if t == nil {
		return "", unavailable("the request-header client CA is not known yet")
	}
	if refused := t.refuse(r.TLS.PeerCertificates, time.Now()); refused != nil {
		return "", refused
	}
	for _, name := range t.userHeaders {
		if user := r.Header.Get(name); user != "" {
			return user, nil
		}
	}
	return "", unauthorized("there is no user in any of the headers %s", quoted(t.userHeaders))
}

func unauthorized(format string, args ...any) *metav1.Status {
	return failure(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, format, args...)
}

// A trust is what one version of the ConfigMap says.
type trust struct {
	roots       *x509.CertPool
	names       []string // empty: any
	userHeaders []string

	mu       sync.RWMutex
	admitted map[string]time.Time // until when, by the certificate; there are as many as API servers
}

func newTrust(data map[string]string) (*trust, error) {
	t := &trust{roots: x509.NewCertPool(), admitted: make(map[string]time.Time)}
	var problems []error
	if err := addCertificates(t.roots, data["requestheader-client-ca-file"]); err != nil {
		problems = append(problems, fmt.Errorf("requestheader-client-ca-file: %w", err))
	}
	for _, list := range []struct {
		key  string
		into *[]string
	}{
		{"requestheader-allowed-names", &t.names},
		{"requestheader-username-headers", &t.userHeaders},
	} {
		text := data[list.key]
		if text != "" && json.Unmarshal([]byte(text), list.into) != nil {
			problems = append(problems, fmt.Errorf("%s: %q is not a JSON list of names", list.key, text))
		}
	}
	if len(t.userHeaders) == 0 {
		problems = append(problems, errors.New("requestheader-username-headers: is missing"))
	}
	return t, errors.Join(problems...)
}

// addCertificates adds all certificates of a PEM bundle.
func addCertificates(pool *x509.CertPool, bundle string) error {
	n := 0
	for block, rest := pem.Decode([]byte(bundle)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		n++
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d: %w", n, err)
		}
		pool.AddCert(certificate)
	}
	if n == 0 {
		return errors.New("has no PEM certificate")
	}
	return nil
}

// refuse says what is wrong with a client's certificate, which is the first of
// a chain.
func (t *trust) refuse(chain []*x509.Certificate, now time.Time) *metav1.Status {
	leaf := chain[0]
	t.mu.RLock()
	until := t.admitted[string(leaf.Raw)]
	t.mu.RUnlock()
	if now.Before(until) {
		return nil
	}
	options := x509.VerifyOptions{
		Roots:         t.roots,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	name := leaf.Subject.CommonName
	verified, err := leaf.Verify(options)
	if err != nil {
		return unauthorized("client certificate %q: %v", name, err)
	}
	if len(t.names) > 0 && !slices.Contains(t.names, name) {
		return failure(http.StatusForbidden, metav1.StatusReasonForbidden,
			"client certificate %q: its name is not one of %s", name, quoted(t.names))
	}
	until = leaf.NotAfter
	for _, c := range verified[0] {
		if c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.admitted[string(leaf.Raw)] = until
	return nil
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
