package postgresql_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
)

// cloud is a host that takes tokens.
const cloud = "shop.postgres.database.azure.com"

// newSecureFake returns a fake with a certificate for 127.0.0.1 and cloud, and
// that certificate.
func newSecureFake(t *testing.T) (*fake, tlstest.Pair) {
	pair := tlstest.NewPair(t, "server", cloud)
	f := newFake(t)
	f.tls = &tls.Config{Certificates: []tls.Certificate{pair.Certificate}}
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	return f, pair
}

func TestTLS(t *testing.T) {
	f, pair := newSecureFake(t)
	ca, program := pair.Cert, scalerkit.Options{TLSConfig: &tls.Config{RootCAs: pair.Pool()}}
	for name, c := range map[string]struct {
		mode, host string
		auth       values
		options    scalerkit.Options
		fails      bool
	}{
		"off":                             {mode: "disable", host: f.host},
		"perhaps":                         {mode: "prefer", host: f.host},
		"on":                              {mode: "require", host: f.host},
		"on, with a CA":                   {mode: "require", host: "localhost", auth: values{"ca": ca}},
		"the CA, which nobody knows":      {mode: "verify-ca", host: f.host, fails: true},
		"the CA":                          {mode: "verify-ca", host: "localhost", auth: values{"ca": ca}},
		"the CA, by the program":          {mode: "verify-ca", host: "localhost", options: program},
		"the CA, but any":                 {mode: "verify-ca", host: f.host, auth: values{"unsafeSsl": "true"}},
		"the host":                        {mode: "verify-full", host: f.host, auth: values{"ca": ca}},
		"the host, by the program":        {mode: "verify-full", host: f.host, options: program},
		"the host, by another name":       {mode: "verify-full", host: "localhost", auth: values{"ca": ca}, fails: true},
		"the host, whose CA is not known": {mode: "verify-full", host: f.host, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, values{"password": password, "ca": c.auth["ca"]}, c.options, func(s *scalerkit.Spec) {
				s.Metadata["host"], s.Metadata["port"], s.Metadata["sslmode"] = c.host, f.port, c.mode
				s.Metadata["userName"], s.Metadata["dbName"], s.Metadata["unsafeSsl"] = username, "postgres", c.auth["unsafeSsl"]
			})
			require.Equal(t, c.fails, err != nil, "%v", err)
		})
	}
}

func TestTLSOnServer(t *testing.T) {
	host, port := server(t, "SCALERKIT_TEST_POSTGRESQL")
	ca, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_POSTGRESQL_CA"))
	require.NoError(t, err)
	level, err := read(t, values{"connection": "postgres://scalerkit:scalerkit-test@" + net.JoinHostPort(host, port) + "/postgres?sslmode=verify-full", "ca": string(ca)},
		scalerkit.Options{}, func(s *scalerkit.Spec) {
			s.Metadata["query"] = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"
		})
	require.NoError(t, err)
	require.EqualValues(t, 1, level)
}

func TestIdentity(t *testing.T) {
	f, pair := newSecureFake(t)
	f.accepts = func(p string) bool { return p == sqlsourcetest.Token }
	for name, c := range map[string]struct {
		host   string
		listed string
		tokens *sqlsourcetest.Tokens
		want   string
		logins int64
	}{
		"a listed host":           {host: f.host, listed: f.host, tokens: new(sqlsourcetest.Tokens), logins: 1},
		"an identity unknown":     {host: f.host, listed: f.host, tokens: &sqlsourcetest.Tokens{Err: scalerkit.ErrDenied}, want: `read query "SELECT level FROM orders": access denied`},
		"a host of the cloud":     {host: cloud, tokens: new(sqlsourcetest.Tokens), logins: 1},
		"one without proof":       {host: "other.postgres.database.azure.com", tokens: new(sqlsourcetest.Tokens), want: `read query "SELECT level FROM orders": other.postgres.database.azure.com:` + f.port + ` (other.postgres.database.azure.com): failed to write startup message: write failed: tls: failed to verify certificate: x509: certificate is valid for shop.postgres.database.azure.com, not other.postgres.database.azure.com`},
		"a host of the trigger's": {host: "example.com", tokens: new(sqlsourcetest.Tokens), want: `postgresql trigger: Host: "example.com:` + f.port + `" may not be sent the token of an identity: use *.postgres.database.azure.com, or let the administrator list it as an identity endpoint`},
		"hosts":                   {host: "example.com," + cloud, tokens: new(sqlsourcetest.Tokens), want: "postgresql trigger: Host: is more than one, and a token of an identity is for one only: keep one"},
		"no tokens":               {host: cloud, want: `postgresql trigger: podIdentity: "azure-workload" is not a provider that this program and this trigger type know`},
	} {
		t.Run(name, func(t *testing.T) {
			f.logins.Store(0)
			config := postgresql.Config{Query: query["query"], Target: 5, Server: postgresql.Server{
				Host: c.host, Port: f.port, UserName: username, DBName: "postgres", SSLMode: "disable",
			}}
			config.TLS.CA, config.Identity.Provider = pair.Cert, "azure-workload"
			if c.tokens != nil {
				config.Tokens = c.tokens
			}
			s, err := postgresql.New(config, scalerkit.Options{IdentityEndpoints: []string{cmp.Or(c.listed, "other.example.com")}, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(f.host, f.port))
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
