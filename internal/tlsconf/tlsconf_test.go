package tlsconf_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlsconf"
)

// A pair is a certificate and its private key, in PEM.
type pair struct{ cert, key, encrypted string }

const passphrase = "hunter2"

// newPair returns the certificate of a client, which it signs itself.
func newPair(t *testing.T) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	encrypted, err := pkcs8.MarshalPrivateKey(key, []byte(passphrase), nil)
	require.NoError(t, err)
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return pair{text("CERTIFICATE", cert), text("PRIVATE KEY", plain), text("ENCRYPTED PRIVATE KEY", encrypted)}
}

// newServer returns a server that wants a certificate of its clients and says
// whose it got. The second result is its own.
func newServer(t *testing.T) (address, ca string) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestClientCertificates(t *testing.T) {
	address, ca := newServer(t)
	p := newPair(t)
	for name, settings := range map[string]scalerkit.TLS{
		"with a key":                              {CA: ca, Cert: p.cert, Key: scalerkit.NewSecret(p.key)},
		"with an encrypted key":                   {CA: ca, Cert: p.cert, Key: scalerkit.NewSecret(p.encrypted), KeyPassword: scalerkit.NewSecret(passphrase)},
		"whoever the server is":                   {Insecure: true, Cert: p.cert, Key: scalerkit.NewSecret(p.key)},
		"with more than one certificate to trust": {CA: p.cert + ca, Cert: p.cert, Key: scalerkit.NewSecret(p.key)},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := tlsconf.New(settings, nil)
			require.NoError(t, err)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
			defer client.CloseIdleConnections()
			response, err := client.Get("https://" + address) //nolint:noctx // the server is in this process
			require.NoError(t, err)
			defer response.Body.Close()
			who, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, "client", string(who))
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	p, other := newPair(t), newPair(t)
	const (
		noPair   = "trigger: cert: and key are not a PEM certificate and the private key that belongs to it"
		notOpens = "trigger: keyPassword: does not open the private key: want PKCS#8 in PEM, encrypted with this passphrase"
	)
	for name, c := range map[string]struct {
		settings scalerkit.TLS
		want     string
	}{
		"a CA that is none":          {scalerkit.TLS{CA: "x"}, "trigger: ca: has no PEM certificate"},
		"a certificate that is none": {scalerkit.TLS{Cert: "x", Key: scalerkit.NewSecret(p.key)}, noPair},
		"the key of another":         {scalerkit.TLS{Cert: p.cert, Key: scalerkit.NewSecret(other.key)}, noPair},
		"an encrypted key alone":     {scalerkit.TLS{Cert: p.cert, Key: scalerkit.NewSecret(p.encrypted)}, noPair},
		"a wrong passphrase":         {scalerkit.TLS{Cert: p.cert, Key: scalerkit.NewSecret(p.encrypted), KeyPassword: scalerkit.NewSecret("wrong")}, notOpens},
		"a passphrase for nothing":   {scalerkit.TLS{Cert: p.cert, Key: scalerkit.NewSecret("x"), KeyPassword: scalerkit.NewSecret(passphrase)}, notOpens},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tlsconf.New(c.settings, nil)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestDial(t *testing.T) {
	address, ca := newServer(t)
	p := newPair(t)
	config, err := tlsconf.New(scalerkit.TLS{CA: ca, Cert: p.cert, Key: scalerkit.NewSecret(p.key)}, nil)
	require.NoError(t, err)

	conn, err := tlsconf.Dial(nil, config, time.Minute)(t.Context(), "tcp", address)
	require.NoError(t, err)
	require.IsType(t, new(tls.Conn), conn)
	require.NoError(t, conn.Close())

	conn, err = tlsconf.Dial(nil, nil, time.Minute)(t.Context(), "tcp", address)
	require.NoError(t, err)
	require.NotImplements(t, (*interface{ ConnectionState() tls.ConnectionState })(nil), conn)
	require.NoError(t, conn.Close())

	here, there := net.Pipe() // where nobody shakes hands
	defer there.Close()
	silent := func(context.Context, string, string) (net.Conn, error) { return here, nil }
	_, err = tlsconf.Dial(silent, config, time.Millisecond)(t.Context(), "tcp", address)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualError(t, err, "the TLS handshake came to no end, as with a server that does not expect TLS: context deadline exceeded")
	_, err = here.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "the connection is closed")
}

func TestATriggersSettingsAreAddedToTheProgramsConfiguration(t *testing.T) {
	p, other := newPair(t), newPair(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(p.cert)))
	program := &tls.Config{MinVersion: tls.VersionTLS13, CipherSuites: []uint16{tls.TLS_AES_128_GCM_SHA256}, RootCAs: roots}

	config, err := tlsconf.New(scalerkit.TLS{}, program)
	require.NoError(t, err)
	require.Equal(t, program, config)
	require.NotSame(t, program, config)

	config, err = tlsconf.New(scalerkit.TLS{CA: other.cert, Cert: p.cert, Key: scalerkit.NewSecret(p.key), Insecure: true}, program)
	require.NoError(t, err)
	require.EqualValues(t, tls.VersionTLS13, config.MinVersion)
	require.Equal(t, program.CipherSuites, config.CipherSuites)
	require.True(t, config.InsecureSkipVerify)
	require.Len(t, config.Certificates, 1)
	both := roots.Clone()
	require.True(t, both.AppendCertsFromPEM([]byte(other.cert)))
	require.True(t, both.Equal(config.RootCAs))
	require.False(t, both.Equal(roots), "the program's roots are as they were")
	require.False(t, program.InsecureSkipVerify)
}
