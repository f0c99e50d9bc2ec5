package postgresql_test

import (
	"maps"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
)

// query is the metadata of a trigger, without a database.
var query = values{"query": "SELECT level FROM orders", "targetQueryValue": "5"}

// read reads a trigger with the given authentication.
func read(t *testing.T, auth values, options scalerkit.Options, prepare ...func(*scalerkit.Spec)) (float64, error) {
	spec := scalerkit.Spec{Type: "postgresql", Metadata: maps.Clone(query), Auth: scalerkit.Secrets(auth)}
	for _, f := range prepare {
		f(&spec)
	}
	s, err := postgresql.Driver().Open(spec, options)
	require.NoError(t, err)
	defer s.Close()
	require.Equal(t, "postgresql", s.Metric().Name)
	r, err := s.Read(t.Context())
	return r.Value, err
}

func TestConnectionStrings(t *testing.T) {
	// What the process has is not the trigger's.
	t.Setenv("PGPASSWORD", "of-the-process")
	t.Setenv("PGSSLMODE", "verify-full")
	t.Setenv("PGOPTIONS", "-c search_path=nowhere")
	for name, c := range map[string]struct {
		password, connection string // with HOST and PORT
		err                  string
	}{
		"URL":              {"p@ss word", "postgres://scalerkit:p%40ss%20word@HOST:PORT/postgres?sslmode=disable", ""},
		"URL, other words": {"secret", "postgresql:///postgres?host=HOST&port=PORT&user=scalerkit&password=secret", ""},
		"several hosts":    {"secret", "postgres://scalerkit:secret@127.0.0.1:1,HOST:PORT/postgres", ""},
		"words":            {`it's \ here`, `host=HOST port=PORT  user = scalerkit password='it\'s \\ here' dbname=postgres sslmode='disable'`, ""},
		"words, unquoted":  {`a'b c`, "host=HOST\nport=PORT user=scalerkit dbname=postgres password=a'b\\ c application_name=", ""},
		"no password":      {"of-the-process", "host=HOST port=PORT user=scalerkit dbname=postgres sslmode=disable", `access denied: HOST:PORT (HOST): server error: FATAL: password authentication failed for user "scalerkit" (SQLSTATE 28P01)`},
		"no such database": {"secret", "host=HOST port=PORT user=scalerkit password=secret dbname=shop sslmode=disable", `not found: HOST:PORT (HOST): server error: FATAL: database "shop" does not exist (SQLSTATE 3D000)`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.accepts = func(p string) bool { return p == c.password }
			require.NoError(t, f.Set(t.Context(), "orders", 7))
			level, err := read(t, values{"connection": f.fill(c.connection)}, scalerkit.Options{})
			if c.err != "" {
				require.EqualError(t, err, `read query "SELECT level FROM orders": `+f.fill(c.err))
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 7, level)
		})
	}
}

// TestTheProgramsOwn has no parts of a connection, which a client needs not.
func TestTheProgramsOwn(t *testing.T) {
	f := newFake(t)
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	config, err := pgx.ParseConfig(f.fill("postgres://scalerkit:secret@HOST:PORT/postgres?sslmode=disable"))
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	client := stdlib.OpenDB(*config)
	defer client.Close()
	f.accepts = func(p string) bool { return p == "secret" || p == sqlsourcetest.Token }
	for _, c := range []postgresql.Config{
		{Login: sqlsource.Login{Client: client}},
		{Login: sqlsource.Login{Credential: new(sqlsourcetest.Tokens)}, Server: postgresql.Server{Host: f.host, Port: f.port, UserName: username, DBName: "postgres", SSLMode: "disable"}},
	} {
		c.Query, c.Target = query["query"], 5
		s, err := postgresql.New(c, scalerkit.Options{})
		require.NoError(t, err)
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 7, r.Value)
		require.NoError(t, s.Close())
	}
	require.NoError(t, client.PingContext(t.Context()))
}

func TestConfigErrors(t *testing.T) {
	const (
		trigger = "postgresql trigger: "
		none    = trigger + "connection: is no connection string: want postgres://user:password@host:5432/db?sslmode=require, or host=... port=5432 user=... password=... dbname=... sslmode=require"
		wrong   = trigger + "connection: has a value that PostgreSQL does not know, such as a port that is no number"
	)
	parts := values{"host": "localhost", "port": "5432", "userName": "u", "dbName": "d", "sslmode": "disable"}
	with := func(key, value string) values {
		changed := maps.Clone(parts)
		changed[key] = value
		return changed
	}
	for name, c := range map[string]struct {
		auth values
		want string
	}{
		"nothing": {nil, trigger + "host: is missing: set it, or connection in place of all parts\n" +
			trigger + "port: is missing: set it, or connection in place of all parts\n" +
			trigger + "userName: is missing: set it, or connection in place of all parts\n" +
			trigger + "dbName: is missing: set it, or connection in place of all parts\n" +
			trigger + "sslmode: is missing: set it, or connection in place of all parts"},
		"a port":             {with("port", "hunter2"), trigger + "port: has a value that PostgreSQL does not know, such as a port that is no number"},
		"a mode":             {with("sslmode", "on"), trigger + "sslmode: is not one of disable, allow, prefer, require, verify-ca, verify-full"},
		"a string":           {values{"connection": "hunter2"}, none},
		"an open quote":      {values{"connection": "password='hunter2"}, none},
		"a URL":              {values{"connection": "postgres://u:hunter2%zz@localhost/d"}, none},
		"a port in words":    {values{"connection": "port=hunter2"}, wrong},
		"a mode in a URL":    {values{"connection": "postgres://u:hunter2@localhost/d?sslmode=on"}, wrong},
		"a file":             {values{"connection": "host=localhost passfile=/etc/pgpass"}, trigger + "connection: may not have passfile, which stands for a file: set ca, cert, key and password in the authentication"},
		"a file in a URL":    {values{"connection": "postgres://localhost?sslkey=/etc/key"}, trigger + "connection: may not have sslkey, which stands for a file: set ca, cert, key and password in the authentication"},
		"a service":          {values{"connection": "service=shop"}, trigger + "connection: may not have service, which stands for a file: set ca, cert, key and password in the authentication"},
		"a file by the path": {values{"connection": "postgres://localhost/d?sslrootcert=" + url.QueryEscape("/etc/ca.pem")}, trigger + "connection: may not have sslrootcert, which stands for a file: set ca, cert, key and password in the authentication"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgresql.Driver().Open(scalerkit.Spec{Type: "postgresql", Metadata: query, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
			require.EqualError(t, err, c.want)
		})
	}
}
