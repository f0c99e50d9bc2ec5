package mysql_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// newSecureFake returns a fake with a certificate for 127.0.0.1, and that.
func newSecureFake(t *testing.T) (f *fake, ca string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	f = newFake(t, func(f *fake) {
		f.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
	})
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	return f, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
}

func TestTLS(t *testing.T) {
	f, ca := newSecureFake(t)
	_, port, err := net.SplitHostPort(f.address)
	require.NoError(t, err)
	elsewhere := net.JoinHostPort("localhost", port)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ca))
	program := scalerkit.Options{TLSConfig: &tls.Config{RootCAs: roots}}
	for name, c := range map[string]struct {
		address, mode string
		metadata      values
		auth          values
		options       scalerkit.Options
		fails         bool
	}{
		"off":                     {address: f.address, mode: "false"},
		"perhaps":                 {address: f.address, mode: "preferred"},
		"anybody":                 {address: f.address, mode: "skip-verify"},
		"anybody, by the key":     {address: f.address, mode: "true", metadata: values{"unsafeSsl": "true"}},
		"by the CA":               {address: f.address, mode: "true", auth: values{"ca": ca}},
		"by the program":          {address: f.address, mode: "true", options: program},
		"by another name":         {address: elsewhere, mode: "true", auth: values{"ca": ca}, fails: true},
		"whom nobody knows":       {address: f.address, mode: "true", fails: true},
		"whom nobody knows, by 1": {address: f.address, mode: "1", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			f.logins.Store(0)
			auth := values{"connectionString": dsn(c.address, "?tls="+c.mode), "ca": c.auth["ca"]}
			s, err := open(c.metadata, auth, c.options)
			require.NoError(t, err)
			defer s.Close()
			_, err = s.Read(t.Context())
			require.Equal(t, c.fails, err != nil, "%v", err)
			require.Equal(t, c.fails, f.logins.Load() == 0)
		})
	}
}

// TestTLSOnServer asks the server whether it speaks TLS.
func TestTLSOnServer(t *testing.T) {
	ca, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_MYSQL_CA"))
	if server(t); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[string]float64{"true": 1, "skip-verify": 1, "false": 0} {
		t.Run(mode, func(t *testing.T) {
			s, err := open(values{"query": "SELECT VARIABLE_VALUE <> '' FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'SSL_CIPHER'"},
				values{"connectionString": dsn(server(t), "?tls="+mode), "ca": string(ca)}, scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, r.Value)
		})
	}
}
