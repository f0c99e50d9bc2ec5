package mysql_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"maps"
	"net"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/mysql"
)

// query is the metadata of a trigger, without a database.
var query = values{"query": "SELECT level FROM orders", "queryValue": "5"}

// open opens a trigger with more metadata and authentication.
func open(metadata, auth values, options scalerkit.Options) (scalerkit.Scaler, error) {
	spec := scalerkit.Spec{Type: "mysql", Metadata: maps.Clone(query), Auth: scalerkit.Secrets(auth), Env: scalerkit.Secrets(values{"HOST": "from-env", "PORT": "3307", "USER": "reader"})}
	maps.Copy(spec.Metadata, metadata)
	return mysql.Driver().Open(spec, options)
}

func TestConnectionStrings(t *testing.T) {
	for name, c := range map[string]struct {
		password, connection string // with ADDRESS
		metric               string
		err                  string
	}{
		"usual":               {"secret", "scalerkit:secret@tcp(ADDRESS)/scalerkit", "mysql-scalerkit", ""},
		"an odd password":     {"p@ss:w/rd?", "scalerkit:p@ss:w/rd?@tcp(ADDRESS)/scalerkit?charset=utf8mb4", "mysql-scalerkit", ""},
		"settings":            {"secret", "scalerkit:secret@tcp(ADDRESS)/scalerkit?parseTime=false&timeout=10s&tls=false", "mysql-scalerkit", ""},
		"no database":         {"secret", "scalerkit:secret@tcp(ADDRESS)/", "mysql-", ""},
		"no password":         {"secret", "scalerkit@tcp(ADDRESS)/scalerkit", "mysql-scalerkit", "access denied: Error 1045 (28000): Access denied for user 'scalerkit'@'localhost' (using password: YES)"},
		"no such database":    {"secret", "scalerkit:secret@tcp(ADDRESS)/shop", "mysql-shop", "not found: Error 1049 (42000): Unknown database 'shop'"},
		"TLS, which it lacks": {"secret", "scalerkit:secret@tcp(ADDRESS)/scalerkit?tls=true", "mysql-scalerkit", "TLS requested but server does not support TLS"},
		"TLS, if it has it":   {"secret", "scalerkit:secret@tcp(ADDRESS)/scalerkit?tls=preferred", "mysql-scalerkit", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake) { f.password = c.password })
			require.NoError(t, f.Set(t.Context(), "orders", 7))
			// The parts do not count.
			s, err := open(values{"host": "nowhere", "dbName": "nothing"}, values{"connectionString": strings.ReplaceAll(c.connection, "ADDRESS", f.address)}, scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			require.Equal(t, c.metric, s.Metric().Name)
			r, err := s.Read(t.Context())
			if c.err != "" {
				require.EqualError(t, err, `read query "SELECT level FROM orders": `+c.err)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
			require.EqualValues(t, 1, f.limits.Load())
		})
	}
}

// TestParts has the address that is dialed for the parts of a connection.
func TestParts(t *testing.T) {
	for name, c := range map[string]struct {
		metadata, auth values
		want           string
	}{
		"a host":         {values{"host": "db"}, nil, "db:3306"},
		"both":           {values{"host": "db"}, values{"port": "3307"}, "db:3307"},
		"IPv6":           {values{"host": "::1"}, nil, "[::1]:3306"},
		"authentication": {nil, values{"host": "db", "port": "3307"}, "db:3307"},
		"variables":      {values{"hostFromEnv": "HOST", "portFromEnv": "PORT", "usernameFromEnv": "USER"}, nil, "from-env:3307"},
	} {
		t.Run(name, func(t *testing.T) {
			var dialed string
			s, err := open(c.metadata, c.auth, scalerkit.Options{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialed = address
				return nil, errors.New("no network")
			}})
			require.NoError(t, err)
			defer s.Close()
			_, err = s.Read(t.Context())
			require.EqualError(t, err, `read query "SELECT level FROM orders": no network`)
			require.Equal(t, c.want, dialed)
		})
	}
}

func TestConfigErrors(t *testing.T) {
	require.NoError(t, driver.RegisterTLSConfig("programs", new(tls.Config)))
	defer driver.DeregisterTLSConfig("programs")
	const (
		connection = "mysql trigger: connectionString: "
		none       = connection + "is no connection string: want user:password@tcp(host:3306)/db, with settings such as ?tls=true after it, if any"
		mode       = connection + "has a value of tls that is not one of true, false, skip-verify, preferred"
	)
	for name, c := range map[string]struct {
		metadata   values
		connection string
		want       string
	}{
		"nothing":          {nil, "", "mysql trigger: host: is missing: set it, or connectionString in place of all parts"},
		"a port":           {values{"host": "db", "port": "70000"}, "", "mysql trigger: port: \"70000\" is greater than 65535"},
		"a target":         {values{"queryValue": "0"}, "u@tcp(db)/d", "mysql trigger: queryValue: \"0\" is not greater than 0"},
		"no slash":         {nil, "u:hunter2@tcp(db:3306)", none},
		"a URL":            {nil, "mysql://u:hunter2@db:3306/d", none},
		"a socket":         {nil, "u:hunter2@unix(/run/mysqld.sock)/d", none},
		"a bad setting":    {nil, "u:hunter2@tcp(db)/d?timeout=hunter2", none},
		"a setting gone":   {nil, "u:hunter2@tcp(db)/d?strict=true", connection + "may not have strict, which go-sql-driver/mysql no longer knows: leave it out"},
		"files":            {nil, "u:hunter2@tcp(db)/d?allowAllFiles=true", connection + "may not have allowAllFiles, which lets the server read the program's files: leave it out"},
		"a key":            {nil, "u:hunter2@tcp(db)/d?serverPubKey=k", connection + "may not have serverPubKey, which names a key of the program's: leave it out"},
		"a configuration":  {nil, "u:hunter2@tcp(db)/d?timeout=1s&tls=programs", mode},
		"the last of many": {nil, "u:hunter2@tcp(db)/d?tls=true&tls=programs", mode},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := open(c.metadata, values{"connectionString": c.connection}, scalerkit.Options{})
			if err == nil {
				s.Close()
			}
			require.EqualError(t, err, c.want)
		})
	}
}

func TestTheProgramsOwn(t *testing.T) {
	f := newFake(t, func(f *fake) { f.password = sqlsourcetest.Token })
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	client, err := sql.Open("mysql", strings.Replace(dsn(f.address, ""), password, sqlsourcetest.Token, 1))
	require.NoError(t, err)
	defer client.Close()
	for name, server := range map[string]mysql.Server{
		"a client":     {Client: client},
		"a credential": {Credential: new(sqlsourcetest.Tokens), Connection: scalerkit.NewSecret(dsn(f.address, ""))},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := mysql.New(mysql.Config{Server: server, Query: query["query"], Target: 5}, scalerkit.Options{})
			require.NoError(t, err)
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
			require.NoError(t, s.Close())
		})
	}
	require.NoError(t, client.PingContext(t.Context()))
}

// TestPanicsWhileConnecting is about the client library, which believes that a
// greeting has a certain length. Here it is the dialer that panics, which leaves
// nothing behind.
func TestPanicsWhileConnecting(t *testing.T) {
	s, err := open(values{"host": "db"}, nil, scalerkit.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		panic("slice bounds out of range")
	}})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Read(t.Context())
	require.EqualError(t, err, `read query "SELECT level FROM orders": connecting: panic: slice bounds out of range`)
}
