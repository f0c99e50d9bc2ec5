package hpa_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/hpa"
)

// A load is a number of clients that ask as fast as they can. Each request has
// to succeed.
type load struct {
	t       *testing.T
	stop    context.CancelFunc
	clients sync.WaitGroup
	passed  chan struct{} // one for each request
}

// put puts load on a server. Half of the clients speak HTTP/2.
func put(t *testing.T, url string, clients ...*http.Client) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{t: t, stop: cancel, passed: make(chan struct{})}
	for _, c := range clients {
		l.clients.Go(func() {
			for ctx.Err() == nil {
				if err := try(context.WithoutCancel(ctx), c, url); !assert.NoError(t, err) {
					cancel()
				}
				select {
				case l.passed <- struct{}{}:
				case <-ctx.Done():
				}
			}
		})
	}
	t.Cleanup(l.end)
	go func() {
		l.clients.Wait()
		close(l.passed)
	}()
	return l
}

// try makes a request.
func try(ctx context.Context, c *http.Client, url string) error {
	r, err := fetch(ctx, c, url, "system:hpa")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	return nil
}

// pass waits until many requests have been answered.
func (l *load) pass() {
	for range 200 {
		if _, ok := <-l.passed; !ok {
			l.t.FailNow()
		}
	}
}

func (l *load) end() {
	l.stop()
	for range l.passed {
	}
}

// crowd returns clients that keep their connections, and some that do not.
func crowd(t *testing.T, a *authority, certificates ...tls.Certificate) []*http.Client {
	var clients []*http.Client
	for i := range 6 {
		c := client(t, a, i%2 == 0, certificates...)
		c.Transport.(*http.Transport).DisableKeepAlives = i >= 4
		clients = append(clients, c)
	}
	return clients
}

func TestTheFrontProxysCAIsReplacedUnderLoad(t *testing.T) {
	serving, before, after := newAuthority(t, "serving"), newAuthority(t, "before"), newAuthority(t, "after")
	var p hpa.Provider
	p.Publish(packer, []hpa.Value{reading("orders", 1, nil)})
	var proxy hpa.FrontProxy
	update := func(ca string) { require.NoError(t, proxy.Update(configMap(ca, `["aggregator"]`))) }
	update(before.pem)
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(&p)) + shop + "orders"

	old := crowd(t, serving, issue(t, before, "aggregator")...)
	first := put(t, url, old...)
	first.pass()
	update(before.pem + after.pem)
	second := put(t, url, crowd(t, serving, issue(t, after, "aggregator")...)...)
	first.pass()
	second.pass()
	first.end()
	update(after.pem)
	second.pass()
	second.end()
	for _, c := range old {
		assert.EqualError(t, try(t.Context(), c, url), "status 401", "on a connection that was admitted")
	}
}

func TestARefusedConnectionIsClosed(t *testing.T) {
	serving, before, after := newAuthority(t, "serving"), newAuthority(t, "before"), newAuthority(t, "after")
	var proxy hpa.FrontProxy
	require.NoError(t, proxy.Update(configMap(before.pem, "")))
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(greeter))
	for _, http2 := range []bool{false, true} {
		require.NoError(t, proxy.Update(configMap(before.pem, "")))
		c := client(t, serving, http2)
		var own atomic.Pointer[tls.Certificate]
		own.Store(&issue(t, before, "aggregator")[0])
		c.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return own.Load(), nil
		}
		require.NoError(t, try(t.Context(), c, url))
		own.Store(&issue(t, after, "aggregator")[0])
		require.NoError(t, try(t.Context(), c, url), "the connection is from before")
		require.NoError(t, proxy.Update(configMap(after.pem, "")))
		require.EqualError(t, try(t.Context(), c, url), "status 401")
		require.NoError(t, try(t.Context(), c, url), "with the new certificate, on a new connection")
	}
}

func TestTheServingCertificateIsReplacedUnderLoad(t *testing.T) {
	serving, proxies := newAuthority(t, "serving"), newAuthority(t, "front-proxy-ca")
	directory := t.TempDir()
	told := make(signals, 100)
	files := hpa.CertificateFiles{
		Certificate: filepath.Join(directory, "tls.crt"),
		Key:         filepath.Join(directory, "tls.key"),
		Logger:      slog.New(slog.NewTextHandler(told, nil)),
	}
	oldCertificate, oldKey := serving.issue(t, "old")
	write(t, files.Certificate, oldCertificate)
	write(t, files.Key, oldKey)
	var p hpa.Provider
	p.Publish(packer, []hpa.Value{reading("orders", 1, nil)})
	var proxy hpa.FrontProxy
	require.NoError(t, proxy.Update(configMap(proxies.pem, "")))
	url := listen(t, proxy.TLSConfig(files.Get), proxy.Handler(&p)) + shop + "orders"
	own := issue(t, proxies, "aggregator")

	l := put(t, url, crowd(t, serving, own...)...)
	l.pass()
	newCertificate, newKey := serving.issue(t, "new")
	write(t, files.Certificate, newCertificate)
	for len(told) == 0 { // until they do not go together
		l.pass()
	}
	write(t, files.Key, newKey)
	fresh := client(t, serving, false, own...)
	fresh.Transport.(*http.Transport).DisableKeepAlives = true
	for name := ""; name != "new"; { // the files are read once a second
		l.pass()
		r, err := fetch(t.Context(), fresh, url, "system:hpa")
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	l.pass()
}

// signals gets one for each line of a log.
type signals chan struct{}

func (s signals) Write(line []byte) (int, error) {
	s <- struct{}{}
	return len(line), nil
}

// write replaces a file.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, content, 0o600))
}
