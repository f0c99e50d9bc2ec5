package rabbitmq_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// The fakes and the real server of tools/testenv have this one user.
const (
	username = "scalerkit"
	password = "scalerkit-test"
)

// A fake is what a fake server has, whichever way it is asked.
type fake struct {
	mu     sync.Mutex
	vhosts map[string]map[string]stats
	asked  []string // targets of the HTTP requests

	// These do not change once it serves.
	trouble func(http.ResponseWriter, *http.Request) bool // answers HTTP requests in its place, if it says so
	sullen  bool                                          // hangs up on AMQP clients without a word
	grant   func(token string) bool                       // accepts tokens, if it is set
}

// stats are what there is to say of a queue.
type stats struct {
	ready, unacked       int
	published, delivered float64 // per second
	isNew                bool    // no statistics yet
	noRates              bool    // management.rates_mode = none
	state                string  // if not running, there are no counts
}

// grants reports whether a header has a token that is accepted.
func (f *fake) grants(header string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	return ok && f.grant != nil && f.grant(token)
}

func newFake() *fake {
	return &fake{vhosts: map[string]map[string]stats{"/": {}, "shop": {}}}
}

func (f *fake) set(vhost, queue string, s stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.vhosts[vhost][queue] = s
}

func (f *fake) get(vhost, queue string) (stats, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.vhosts[vhost][queue]
	return s, ok
}

func (f *fake) has(vhost string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.vhosts[vhost]
	return ok
}

// requests returns the targets of the HTTP requests since it was last called.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.asked = nil }()
	return f.asked
}

// A ca issues certificates.
type ca struct {
	tb   testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCA(tb testing.TB) *ca {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(tb, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	return &ca{tb: tb, cert: cert, key: key}
}

// issue returns a certificate for 127.0.0.1 and its key, in PEM.
func (c *ca) issue(name string) (cert, key string) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(c.tb, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, c.cert, &k.PublicKey, c.key)
	require.NoError(c.tb, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(c.tb, err)
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)
}

// server returns the configuration of a server that accepts client
// certificates.
func (c *ca) server() *tls.Config {
	cert, key := c.issue("server")
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	require.NoError(c.tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.VerifyClientCertIfGiven, MinVersion: tls.VersionTLS12}
}

// client returns TLS parameters with a client certificate.
func (c *ca) client(name string) driver.TLS {
	cert, key := c.issue(name)
	return driver.TLS{CA: encode("CERTIFICATE", c.cert.Raw), Cert: cert, Key: scalerkit.NewSecret(key)}
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
