package mssql_test

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/scalers/mssql"
)

// cloud is a host that takes tokens.
const cloud = "shop.database.windows.net"

// newSecureFake returns a fake with a certificate for 127.0.0.1 and cloud, and
// that certificate.
func newSecureFake(t *testing.T, prepare ...func(*fake)) (f *fake, ca string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{cloud}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	f = newFake(t, append(prepare, func(f *fake) {
		f.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}
	})...)
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	return f, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
}

func TestTLS(t *testing.T) {
	f, ca := newSecureFake(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ca))
	program := scalerkit.Options{TLSConfig: &tls.Config{RootCAs: roots}}
	for name, c := range map[string]struct {
		host, settings string
		ca             string
		unsafeSsl      string
		options        scalerkit.Options
		fails          bool
	}{
		"nothing said":            {},
		"anybody":                 {settings: "&encrypt=true&trustservercertificate=true"},
		"anybody, by the key":     {settings: "&encrypt=true", unsafeSsl: "true"},
		"by the CA":               {settings: "&encrypt=true", ca: ca},
		"by the CA alone":         {ca: ca},
		"by the CA, other name":   {host: "localhost", ca: ca, fails: true},
		"by the name in it":       {host: "localhost", settings: "&encrypt=true&hostnameincertificate=" + cloud, ca: ca},
		"by the program":          {settings: "&encrypt=true", options: program},
		"whom nobody knows":       {settings: "&encrypt=true", fails: true},
		"a wish for none, unmet":  {settings: "&encrypt=disable", ca: ca, fails: true},
		"whom nobody knows, by 1": {settings: "&encrypt=1&trustservercertificate=false", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			f.logins.Store(0)
			_, port, err := net.SplitHostPort(f.address)
			require.NoError(t, err)
			address := net.JoinHostPort(cmp.Or(c.host, "127.0.0.1"), port)
			s, err := open(values{"unsafeSsl": c.unsafeSsl}, values{
				"connectionString": "sqlserver://scalerkit:scalerkit-test@" + address + "?database=shop" + c.settings, "ca": c.ca,
			}, c.options)
			require.NoError(t, err)
			defer s.Close()
			_, err = s.Read(t.Context())
			require.Equal(t, c.fails, err != nil, "%v", err)
			require.Equal(t, c.fails, f.logins.Load() == 0)
		})
	}
}

// tokens are those of a cloud with one token.
type tokens struct{ refused error }

func (t *tokens) Open(scalerkit.Identity, string, scalerkit.Options) (sqlsource.TokenSource, error) {
	return t, nil
}
func (t *tokens) Token(context.Context) (string, error) { return "the-token", t.refused }
func (t *tokens) Close() error                          { return nil }

func TestIdentity(t *testing.T) {
	f, ca := newSecureFake(t, func(f *fake) { f.token = "the-token" })
	host, port, err := net.SplitHostPort(f.address)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		connection, host string
		listed           string
		tokens           *tokens
		want             string
		logins           int64
	}{
		"a listed host":       {host: host, listed: host, tokens: new(tokens), logins: 1},
		"a host of the cloud": {host: cloud, tokens: new(tokens), logins: 1},
		"by a string": {
			connection: "sqlserver://u:p@" + cloud + ":" + port + "?database=shop&encrypt=disable&hostnameincertificate=example.com&failoverpartner=example.com",
			tokens:     new(tokens), logins: 1,
		},
		"an identity unknown": {host: host, listed: host, tokens: &tokens{scalerkit.ErrDenied}, want: `read query "SELECT level FROM orders": access denied`},
		"one without proof":   {host: "other.database.windows.net", tokens: new(tokens), want: `read query "SELECT level FROM orders": TLS Handshake failed: tls: failed to verify certificate: x509: certificate is valid for ` + cloud + `, not other.database.windows.net`},
		"one by a string": {
			connection: "server=other.database.windows.net," + port + ";encrypt=false;trustservercertificate=true;hostnameincertificate=" + cloud,
			tokens:     new(tokens), want: `read query "SELECT level FROM orders": TLS Handshake failed: tls: failed to verify certificate: x509: certificate is valid for ` + cloud + `, not other.database.windows.net`,
		},
		"a host of the trigger's": {host: "example.com", tokens: new(tokens), want: `mssql trigger: Host: "example.com:` + port + `" may not be sent the token of an identity: use *.database.windows.net, or let the administrator list it as an identity endpoint`},
		"one of a string's":       {connection: "server=example.com", tokens: new(tokens), want: `mssql trigger: Connection: "example.com:1433" may not be sent the token of an identity: use *.database.windows.net, or let the administrator list it as an identity endpoint`},
		"no tokens":               {host: cloud, want: `mssql trigger: podIdentity: "azure-workload" is not a provider that this program and this trigger type know`},
	} {
		t.Run(name, func(t *testing.T) {
			f.logins.Store(0)
			config := mssql.Config{Query: query["query"], Target: 5}
			if config.Host, config.Database = c.host, database; c.connection != "" {
				config.Connection = scalerkit.NewSecret(c.connection)
			}
			config.Port, err = strconv.Atoi(port)
			require.NoError(t, err)
			config.TLS.CA, config.Identity.Provider = ca, "azure-workload"
			if c.tokens != nil {
				config.Tokens = c.tokens
			}
			s, err := mssql.New(config, scalerkit.Options{IdentityEndpoints: []string{cmp.Or(c.listed, "other.example.com")}, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, f.address)
			}})
			if err == nil {
				defer s.Close()
				_, err = s.Read(t.Context())
			}
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, c.want)
				require.Equal(t, c.tokens != nil && c.tokens.refused != nil, errors.Is(err, scalerkit.ErrDenied))
			}
			require.Equal(t, c.logins, f.logins.Load())
		})
	}
}
