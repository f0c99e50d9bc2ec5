package mysql_test

import (
	"crypto/tls"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
)

// newSecureFake returns a fake with a certificate for 127.0.0.1, and that.
func newSecureFake(t *testing.T) (*fake, tlstest.Pair) {
	pair := tlstest.NewPair(t, "server")
	f := newFake(t, func(f *fake) { f.tls = &tls.Config{Certificates: []tls.Certificate{pair.Certificate}} })
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	return f, pair
}

func TestTLS(t *testing.T) {
	f, pair := newSecureFake(t)
	_, port, err := net.SplitHostPort(f.address)
	require.NoError(t, err)
	elsewhere := net.JoinHostPort("localhost", port)
	ca, program := pair.Cert, scalerkit.Options{TLSConfig: &tls.Config{RootCAs: pair.Pool()}}
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
