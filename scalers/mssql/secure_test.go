package mssql_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/mssql"
)

// cloud is a host that takes tokens.
const cloud = "shop.database.windows.net"

// newSecureFake returns a fake with a certificate for 127.0.0.1 and cloud, and
// that certificate.
func newSecureFake(t *testing.T, prepare ...func(*fake)) (*fake, tlstest.Pair) {
	pair := tlstest.NewPair(t, "server", cloud)
	f := newFake(t, append(prepare, func(f *fake) { f.tls = &tls.Config{Certificates: []tls.Certificate{pair.Certificate}} })...)
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	return f, pair
}

func TestTLS(t *testing.T) {
	f, pair := newSecureFake(t)
	ca, program := pair.Cert, scalerkit.Options{TLSConfig: &tls.Config{RootCAs: pair.Pool()}}
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

func TestIdentity(t *testing.T) {
	f, pair := newSecureFake(t, func(f *fake) { f.token = sqlsourcetest.Token })
	host, port, err := net.SplitHostPort(f.address)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		connection, host string
		listed           string
		tokens           *sqlsourcetest.Tokens
		want             string
		logins           int64
	}{
		"a listed host":       {host: host, listed: host, tokens: new(sqlsourcetest.Tokens), logins: 1},
		"a host of the cloud": {host: cloud, tokens: new(sqlsourcetest.Tokens), logins: 1},
		"by a string": {
			connection: "sqlserver://u:p@" + cloud + ":" + port + "?database=shop&encrypt=disable&hostnameincertificate=example.com&failoverpartner=example.com",
			tokens:     new(sqlsourcetest.Tokens), logins: 1,
		},
		"an identity unknown": {host: host, listed: host, tokens: &sqlsourcetest.Tokens{Err: scalerkit.ErrDenied}, want: `read query "SELECT level FROM orders": access denied`},
		"one without proof":   {host: "other.database.windows.net", tokens: new(sqlsourcetest.Tokens), want: `read query "SELECT level FROM orders": TLS Handshake failed: tls: failed to verify certificate: x509: certificate is valid for ` + cloud + `, not other.database.windows.net`},
		"one by a string": {
			connection: "server=other.database.windows.net," + port + ";encrypt=false;trustservercertificate=true;hostnameincertificate=" + cloud,
			tokens:     new(sqlsourcetest.Tokens), want: `read query "SELECT level FROM orders": TLS Handshake failed: tls: failed to verify certificate: x509: certificate is valid for ` + cloud + `, not other.database.windows.net`,
		},
		"a host of the trigger's": {host: "example.com", tokens: new(sqlsourcetest.Tokens), want: `mssql trigger: Host: "example.com:` + port + `" may not be sent the token of an identity: use *.database.windows.net, or let the administrator list it as an identity endpoint`},
		"one of a string's":       {connection: "server=example.com", tokens: new(sqlsourcetest.Tokens), want: `mssql trigger: Connection: "example.com:1433" may not be sent the token of an identity: use *.database.windows.net, or let the administrator list it as an identity endpoint`},
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
			config.TLS.CA, config.Identity.Provider = pair.Cert, "azure-workload"
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
				require.Equal(t, c.tokens != nil && c.tokens.Err != nil, errors.Is(err, scalerkit.ErrDenied))
			}
			require.Equal(t, c.logins, f.logins.Load())
		})
	}
}
