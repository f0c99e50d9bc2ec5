package hpa_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/hpa"
)

// greeter answers with the user.
var greeter = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, hpa.User(r.Context())) })

// served returns a Certificate of a.
func served(t testing.TB, a *authority) *hpa.Certificate {
	t.Helper()
	var c hpa.Certificate
	require.NoError(t, c.Set(a.issue(t, "metrics")))
	return &c
}

func TestOnlyTheFrontProxyIsAdmitted(t *testing.T) {
	serving, proxies, others := newAuthority(t, "serving"), newAuthority(t, "front-proxy-ca"), newAuthority(t, "cluster-ca")
	var proxy hpa.FrontProxy
	require.NoError(t, proxy.Update(configMap(proxies.pem, `["front-proxy-client","aggregator"]`)))
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(greeter))

	intermediate := sign(t, proxies, "intermediate", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	chained := issue(t, intermediate, "aggregator")
	chained[0].Certificate = append(chained[0].Certificate, intermediate.certificate.Raw)
	onlyServer := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

	for name, c := range map[string]struct {
		certificates []tls.Certificate
		path, user   string
		want         string
	}{
		"front proxy":           {issue(t, proxies, "front-proxy-client"), "/apis", "system:hpa", "200 system:hpa"},
		"its other name":        {issue(t, proxies, "aggregator"), "/apis", "system:anonymous", "200 system:anonymous"},
		"with an intermediate":  {chained, "/apis", "eve", "200 eve"},
		"no certificate":        {nil, "/apis", "eve", "401 Unauthorized there is no client certificate: only kube-apiserver is answered, with its proxy client certificate"},
		"no user":               {issue(t, proxies, "aggregator"), "/apis", "", `401 Unauthorized there is no user in any of the headers "X-Remote-User", "X-Other-User"`},
		"another's certificate": {issue(t, others, "front-proxy-client"), "/apis", "eve", `401 Unauthorized client certificate "front-proxy-client": x509: certificate signed by unknown authority`},
		"not allowed":           {issue(t, proxies, "kubelet"), "/apis", "eve", `403 Forbidden client certificate "kubelet": its name is not one of "front-proxy-client", "aggregator"`},
		"not a client's":        {issue(t, proxies, "aggregator", onlyServer), "/apis", "eve", `401 Unauthorized client certificate "aggregator": x509: certificate specifies an incompatible key usage`},
		"expired":               {issue(t, proxies, "aggregator", expired), "/apis", "eve", `401 Unauthorized client certificate "aggregator": x509: certificate has expired or is not yet valid`},
		"health, anyone":        {nil, "/readyz", "eve", "200 "},
		"beside health":         {nil, "/readyz/x", "eve", "401 Unauthorized there is no client certificate: only kube-apiserver is answered, with its proxy client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, http2 := range []bool{false, true} {
				// The client has a certificate whatever the server asks for.
				config := client(t, serving, http2).Transport.(*http.Transport).TLSClientConfig
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					for i := range c.certificates {
						return &c.certificates[i], nil
					}
					return new(tls.Certificate), nil
				}
				caller := clientWith(t, config, http2)
				for range 2 { // the second time on what is known
					r, err := fetch(t.Context(), caller, url+c.path, c.user)
					require.NoError(t, err)
					got := ""
					if r.StatusCode == http.StatusOK {
						got = body(r)
					} else {
						got, _, _ = strings.Cut(summary(t, r), ": current time")
					}
					require.NoError(t, r.Body.Close())
					assert.Equal(t, c.want, got)
					assert.Equal(t, http2, r.ProtoMajor == 2)
				}
			}
		})
	}
}

// issue returns a certificate of a.
func issue(t testing.TB, a *authority, name string, edit ...func(*x509.Certificate)) []tls.Certificate {
	t.Helper()
	certificate, key := a.issue(t, name, edit...)
	return []tls.Certificate{pair(t, certificate, key)}
}

func TestObserveIsToldWhoAsked(t *testing.T) {
	serving, proxies := newAuthority(t, "serving"), newAuthority(t, "front-proxy-ca")
	users := make(chan string, 1)
	p := hpa.Provider{Observe: func(r hpa.Request) { users <- r.User }}
	var proxy hpa.FrontProxy
	require.NoError(t, proxy.Update(configMap(proxies.pem, "")))
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(&p))
	r, err := fetch(t.Context(), client(t, serving, true, issue(t, proxies, "aggregator")...), url+shop+"orders", "eve")
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, "eve", <-users)
}

func TestWithoutTLSNobodyIsAdmitted(t *testing.T) {
	var proxy hpa.FrontProxy
	require.NoError(t, proxy.Update(configMap(newAuthority(t, "ca").pem, "")))
	assert.Equal(t, "401 Unauthorized there is no client certificate: only kube-apiserver is answered, with its proxy client certificate",
		summary(t, ask(proxy.Handler(greeter), http.MethodGet, "/apis", "X-Remote-User", "eve")))
}

func TestBeforeTheFirstUpdateNobodyIsAdmitted(t *testing.T) {
	serving := newAuthority(t, "serving")
	var proxy hpa.FrontProxy
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(greeter))
	proxies := newAuthority(t, "front-proxy-ca")
	caller := client(t, serving, true, issue(t, proxies, "anything")...)
	r, err := fetch(t.Context(), caller, url, "eve")
	require.NoError(t, err)
	assert.Equal(t, "503 ServiceUnavailable the request-header client CA is not known yet", summary(t, r))
	require.NoError(t, r.Body.Close())

	require.NoError(t, proxy.Update(configMap(proxies.pem, "[]")))
	r, err = fetch(t.Context(), caller, url, "eve")
	require.NoError(t, err)
	assert.Equal(t, "200 eve", body(r), "any name will do")
	require.NoError(t, r.Body.Close())
}

func TestWhatTheConfigMapLacks(t *testing.T) {
	ca := newAuthority(t, "ca").pem
	const at = "ConfigMap kube-system/extension-apiserver-authentication: "
	for _, c := range []struct {
		edit func(data map[string]string)
		want string
	}{
		{func(data map[string]string) { clear(data) }, at + "requestheader-client-ca-file: has no PEM certificate\nrequestheader-username-headers: is missing"},
		{func(data map[string]string) {
			data["requestheader-client-ca-file"] = ca + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
		},
			at + "requestheader-client-ca-file: certificate 2: x509: malformed certificate"},
		{func(data map[string]string) {
			data["requestheader-client-ca-file"] = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----"
		},
			at + "requestheader-client-ca-file: has no PEM certificate"},
		{func(data map[string]string) { data["requestheader-allowed-names"] = "aggregator" },
			at + `requestheader-allowed-names: "aggregator" is not a JSON list of names`},
		{func(data map[string]string) { data["requestheader-username-headers"] = "[]" }, at + "requestheader-username-headers: is missing"},
	} {
		var proxy hpa.FrontProxy
		config := configMap(ca, `["aggregator"]`)
		c.edit(config.Data)
		assert.EqualError(t, proxy.Update(config), c.want)
	}
}

func TestAnUpdateThatFailsChangesNothing(t *testing.T) {
	serving, proxies := newAuthority(t, "serving"), newAuthority(t, "front-proxy-ca")
	var proxy hpa.FrontProxy
	url := listen(t, proxy.TLSConfig(served(t, serving).Get), proxy.Handler(greeter))
	require.NoError(t, proxy.Update(configMap(proxies.pem, `["aggregator"]`)))
	require.Error(t, proxy.Update(&corev1.ConfigMap{}))
	r, err := fetch(t.Context(), client(t, serving, true, issue(t, proxies, "aggregator")...), url, "eve")
	require.NoError(t, err)
	assert.Equal(t, "200 eve", body(r))
	require.NoError(t, r.Body.Close())
}
