package mssql_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	_ "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/mssql"
)

// query is the metadata of a trigger, without a database.
var query = values{"query": "SELECT level FROM orders", "targetValue": "5"}

// open opens a trigger with more metadata and authentication.
func open(metadata, auth values, options scalerkit.Options) (scalerkit.Scaler, error) {
	spec := scalerkit.Spec{Type: "mssql", Metadata: maps.Clone(query), Auth: scalerkit.Secrets(auth)}
	maps.Copy(spec.Metadata, metadata)
	return mssql.Driver().Open(spec, options)
}

// fill puts the address of a fake into a text.
func (f *fake) fill(text string) string {
	host, port, _ := net.SplitHostPort(f.address)
	return strings.NewReplacer("HOST", host, "PORT", port).Replace(text)
}

func TestConnectionStrings(t *testing.T) {
	for name, c := range map[string]struct {
		password, connection string // with HOST and PORT
		err                  string
	}{
		"URL":               {"p@ss;w/rd", "sqlserver://scalerkit:p%40ss%3Bw%2Frd@HOST:PORT?database=shop", ""},
		"words":             {"p@ss;w/rd", `server=HOST,PORT;user id=scalerkit;password="p@ss;w/rd";database=shop`, ""},
		"other words":       {"secret", "Data Source=tcp:HOST,PORT;Initial Catalog=shop;UID=scalerkit;PWD=secret;TrustServerCertificate=true", ""},
		"ODBC":              {"s;t", "odbc:server=HOST;port=PORT;user id=scalerkit;password={s;t};database=shop", ""},
		"no password":       {"secret", "sqlserver://scalerkit@HOST:PORT?database=shop", "access denied: mssql: login error: Login failed for user 'scalerkit'."},
		"no such database":  {"secret", "sqlserver://scalerkit:secret@HOST:PORT?database=other", `not found: mssql: login error: Cannot open database "other" requested by the login. The login failed.`},
		"TLS that it lacks": {"secret", "sqlserver://scalerkit:secret@HOST:PORT?database=shop&encrypt=true", "server does not support encryption"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(f *fake) { f.password = c.password })
			require.NoError(t, f.Set(t.Context(), "orders", 7))
			// The parts do not count.
			s, err := open(values{"host": "nowhere"}, values{"connectionString": f.fill(c.connection)}, scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			require.Equal(t, "mssql", s.Metric().Name)
			r, err := s.Read(t.Context())
			if c.err != "" {
				require.EqualError(t, err, `read query "SELECT level FROM orders": `+c.err)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
			require.Zero(t, f.open.Load(), "transactions left open")
		})
	}
}

// TestParts has the address that is dialed for the parts of a connection.
func TestParts(t *testing.T) {
	for name, c := range map[string]struct {
		metadata, auth values
		want           string
	}{
		"a host":         {values{"host": "db.example.com"}, nil, "db.example.com:1433"},
		"both":           {values{"host": "db", "port": "1434"}, nil, "db:1434"},
		"IPv6":           {values{"host": "::1"}, nil, "[::1]:1433"},
		"IPv6 in a URL":  {nil, values{"connectionString": "sqlserver://u@[::1]?database=d"}, "[::1]:1433"},
		"authentication": {nil, values{"host": "db", "port": "1434"}, "db:1434"},
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
			require.ErrorContains(t, err, "no network")
			require.Equal(t, c.want, dialed)
		})
	}
}

func TestNoRowIsZeroThatNobodyMeasured(t *testing.T) {
	f := newFake(t)
	s, err := open(values{"query": "SELECT 7 WHERE 1 = 0"}, values{"connectionString": f.fill("sqlserver://scalerkit:scalerkit-test@HOST:PORT?database=shop")}, scalerkit.Options{})
	require.NoError(t, err)
	defer s.Close()
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	require.Zero(t, r.Value)
	require.Equal(t, "the query returned no row: counts as 0", r.Note)
}

func TestConfigErrors(t *testing.T) {
	const (
		connection = "mssql trigger: connectionString: "
		none       = connection + "is no connection string: want sqlserver://user:password@host:1433?database=db, or server=host,1433;user id=user;password=password;database=db"
		file       = connection + "may not have certificate or servercertificate, which stand for a file: set ca in the authentication"
	)
	for name, c := range map[string]struct {
		metadata   values
		connection string
		want       string
	}{
		"nothing":            {nil, "", "mssql trigger: host: is missing: set it, or connectionString in place of all parts"},
		"a target":           {values{"targetValue": "0"}, "server=db", "mssql trigger: targetValue: \"0\" is not greater than 0"},
		"a port":             {nil, "sqlserver://u:hunter2@db:99999", none},
		"another URL":        {nil, "postgres://u:hunter2@db", none},
		"a URL":              {nil, "sqlserver://u:hunter2%zz@db", none},
		"a pipe":             {nil, `server=np:\\db\pipe\hunter2`, none},
		"encryption":         {nil, "server=db;encrypt=hunter2", none},
		"a file":             {nil, "server=db;Certificate = /etc/ca.pem", file},
		"a file first":       {nil, "certificate=/etc/ca.pem;server=db", file},
		"a file to compare":  {nil, "odbc:server=db;serverCertificate=/etc/ca.pem", file},
		"a file in a URL":    {nil, "sqlserver://u:hunter2@db?encrypt=true&certificate=/etc/ca.pem", file},
		"a file in disguise": {nil, "sqlserver://u:hunter2@db?cert%69ficate=/etc/ca.pem", file},
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

// TestSilence has a server that takes connections and says nothing: the client
// library alone would wait without end.
func TestSilence(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() { _, _ = theirs.Read(make([]byte, 1000)) }() // what is said before the login
	s, err := open(values{"host": "db"}, nil, scalerkit.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		return ours, nil
	}})
	require.NoError(t, err)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = s.Read(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = ours.Write([]byte{0})
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestTheProgramsOwn(t *testing.T) {
	f := newFake(t, func(f *fake) { f.password = sqlsourcetest.Token })
	require.NoError(t, f.Set(t.Context(), "orders", 7))
	client, err := sql.Open("sqlserver", f.fill("sqlserver://scalerkit:"+sqlsourcetest.Token+"@HOST:PORT?database=shop"))
	require.NoError(t, err)
	defer client.Close()
	for name, c := range map[string]mssql.Config{
		"a client":     {Login: sqlsource.Login{Client: client}},
		"a credential": {Login: sqlsource.Login{Credential: new(sqlsourcetest.Tokens)}, Server: mssql.Server{Connection: scalerkit.NewSecret(f.fill("sqlserver://scalerkit@HOST:PORT?database=shop"))}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Query, c.Target = query["query"], 5
			s, err := mssql.New(c, scalerkit.Options{})
			require.NoError(t, err)
			r, err := s.Read(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
			require.NoError(t, s.Close())
		})
	}
	require.NoError(t, client.PingContext(t.Context()))
}
