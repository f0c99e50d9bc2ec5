package hpa_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// call asks an adapter without the API server, with a client certificate if
// there is one, and returns the answer's code and what its Status says.
func call(ctx context.Context, port int, trusted *pki.Authority, with *tls.Certificate, path string) (code int, message string, err error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted.PEM)
	config := &tls.Config{RootCAs: roots, ServerName: server.api.Host()}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if with == nil {
			return &tls.Certificate{}, nil
		}
		return with, nil // also one that was not asked for
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+loopback.Address(port)+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Remote-User", "admin")
	request.Header.Set("X-Remote-Group", "system:masters")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	var status metav1.Status
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		return 0, "", err
	}
	return response.StatusCode, status.Message, nil
}

func clientPair(t *testing.T, authority *pki.Authority, name string) *tls.Certificate {
	t.Helper()
	pair, err := authority.Client(name, "system:masters")
	require.NoError(t, err)
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	return &cert
}

// TestDirectCallers shows the adapter certificates that are not the front
// proxy's, and the cluster's administrator.
func TestDirectCallers(t *testing.T) {
	namespace := newNamespace(t)
	publish(t, namespace, queue(1, "orders"))
	path := apiPath + "/namespaces/" + namespace + "/queue"
	impostor, err := pki.NewAuthority("front proxy CA") // the name alone is not enough
	require.NoError(t, err)
	admin, err := tls.X509KeyPair(plane.Config().CertData, plane.Config().KeyData)
	require.NoError(t, err)

	for name, test := range map[string]struct {
		with    *tls.Certificate
		code    int
		message string
	}{
		"no certificate":        {nil, 401, "there is no client certificate: only kube-apiserver is answered, with its proxy client certificate"},
		"another authority's":   {clientPair(t, impostor, cluster.FrontProxyName), 401, `client certificate "front-proxy-client": x509: certificate signed by unknown authority`},
		"the administrator's":   {&admin, 401, `client certificate "admin": x509: certificate signed by unknown authority`},
		"another name":          {clientPair(t, plane.FrontProxy(), "somebody"), 403, `client certificate "somebody": its name is not one of "front-proxy-client"`},
		"the front proxy's own": {clientPair(t, plane.FrontProxy(), cluster.FrontProxyName), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, message, err := call(t.Context(), server.api.Port, server.authority, test.with, path)
			require.NoError(t, err)
			assert.Equal(t, test.code, code)
			assert.Contains(t, message, test.message)
		})
	}

	response, err := http.Get("http://" + loopback.Address(server.api.Port) + path) //nolint:noctx // the test waits for it
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "400 Client sent an HTTP request to an HTTPS server.\n", fmt.Sprint(response.StatusCode, " ", string(body)))
}

// TestRotation replaces, while requests go on, the adapter's certificate and
// the authority that signed it, and then the front proxy's and its authority.
func TestRotation(t *testing.T) {
	namespace := newNamespace(t)
	publish(t, namespace, queue(1, "orders"))
	path := apiPath + "/namespaces/" + namespace + "/queue"
	load := startLoad(t, path)

	// The API server trusts both, the adapter changes, and the old is dropped.
	before := server.authority
	after, err := pki.NewAuthority("adapter CA 2")
	require.NoError(t, err)
	trust := func(bundle []byte) {
		t.Helper()
		server.api.CA = bundle
		require.NoError(t, plane.Trust(t.Context(), server.api))
	}
	trust(append(before.PEM, after.PEM...))
	load.goOn(t)
	require.NoError(t, server.sign(after))
	eventually(t, func(ctx context.Context) error {
		_, _, err := call(ctx, server.api.Port, after, nil, path)
		return err
	})
	server.authority = after
	trust(after.PEM)
	load.goOn(t)

	// The adapter hears of the new authority, and the API server's certificate
	// changes.
	old := plane.FrontProxy()
	renewed, err := pki.NewAuthority("front proxy CA 2")
	require.NoError(t, err)
	require.NoError(t, plane.TrustFrontProxy(old, renewed))
	with := clientPair(t, renewed, cluster.FrontProxyName)
	eventually(t, func(ctx context.Context) error {
		code, message, err := call(ctx, server.api.Port, after, with, path)
		if err == nil && code != http.StatusOK {
			err = errors.New(message)
		}
		return err
	})
	load.goOn(t)
	require.NoError(t, plane.SignFrontProxy(renewed))
	eventually(t, func(context.Context) error {
		if issuer := server.caller.Load().Issuer.CommonName; issuer != "front proxy CA 2" {
			return fmt.Errorf("the API server's certificate is by %q", issuer)
		}
		return nil
	})
	load.goOn(t)

	// The API server does not take the old one out of what it has published.
	require.NoError(t, plane.TrustFrontProxy(renewed))
	with = clientPair(t, old, cluster.FrontProxyName)
	eventually(t, func(ctx context.Context) error {
		if err := publishTrust(ctx, renewed); err != nil {
			return err
		}
		code, _, err := call(ctx, server.api.Port, after, with, path)
		if err == nil && code != http.StatusUnauthorized {
			err = fmt.Errorf("the old authority's certificate gets %d", code)
		}
		return err
	})
	load.goOn(t)
	load.stop()
	assert.Empty(t, load.failures)
	t.Logf("%d requests", load.answered.Load())
}

// publishTrust makes the authority the only one in the cluster's ConfigMap.
func publishTrust(ctx context.Context, authority *pki.Authority) error {
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		var config *corev1.ConfigMap
		config, err := maps.Get(ctx, "extension-apiserver-authentication", metav1.GetOptions{})
		if err != nil {
			return err
		}
		config.Data["requestheader-client-ca-file"] = string(authority.PEM)
		_, err = maps.Update(ctx, config, metav1.UpdateOptions{})
		return err
	})
}

// A load asks the API server for a metric over and over.
type load struct {
	answered atomic.Int64
	stop     func()

	mu       sync.Mutex
	failures []string
}

func startLoad(t *testing.T, path string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var l load
	var workers sync.WaitGroup
	l.stop = func() { cancel(); workers.Wait() }
	t.Cleanup(l.stop)
	for range 4 {
		c, err := rest.HTTPClientFor(plane.Config())
		require.NoError(t, err)
		workers.Go(func() {
			for ctx.Err() == nil {
				if err := ask(ctx, c, path); err != nil && ctx.Err() == nil {
					l.mu.Lock()
					l.failures = append(l.failures, err.Error())
					l.mu.Unlock()
				}
				l.answered.Add(1)
			}
		})
	}
	return &l
}

// ask wants a 200.
func ask(ctx context.Context, c *http.Client, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, plane.Config().Host+path, nil)
	if err != nil {
		return err
	}
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return err
}

// goOn waits for more requests than are under way.
func (l *load) goOn(t *testing.T) {
	t.Helper()
	want := l.answered.Load() + 200
	eventually(t, func(context.Context) error {
		if got := l.answered.Load(); got < want {
			return fmt.Errorf("%d requests, want %d", got, want)
		}
		return nil
	})
}
