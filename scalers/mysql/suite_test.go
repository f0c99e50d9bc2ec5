package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/mysql"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

const wrong = "not-the-password"

// suite runs the suite on a database at an address. Who speaks TLS in its place is
// left to TestTLS, since a server of this kind speaks first.
func suite(t *testing.T, start func(testing.TB) (database sqlsourcetest.Database, address string)) {
	sqlsourcetest.Kit{
		Driver: mysql.Driver(), New: scalertest.Typed(mysql.New),
		TargetKey: "queryValue", ActivationKey: "activationQueryValue",
		Errors: map[string]string{"boolean": ""},
		Start: func(tb testing.TB) sqlsourcetest.Database {
			d, address := start(tb)
			host, port, err := net.SplitHostPort(address)
			require.NoError(tb, err)
			spec := func(password string) scalerkit.Spec {
				return scalerkit.Spec{Type: "mysql", Name: "orders", Metadata: values{
					"host": host, "port": port, "username": username, "dbName": dbName, "queryValue": "5",
				}, Auth: scalerkit.Secrets(values{"password": password})}
			}
			d.Spec, d.Denied, d.Secrets = spec(password), spec(wrong), []string{password, wrong}
			return d
		},
	}.Run(t)
}

func TestSuiteOnFake(t *testing.T) {
	suite(t, func(tb testing.TB) (sqlsourcetest.Database, string) {
		f := newFake(tb)
		return sqlsourcetest.Database{Set: f.Set, Slow: sqlsourcetest.Slow}, f.address
	})
}

func TestSuiteOnServer(t *testing.T) {
	address := server(t)
	suite(t, func(tb testing.TB) (sqlsourcetest.Database, string) {
		prefix := fmt.Sprintf("t%d_", time.Now().UnixNano())
		return sqlsourcetest.Database{Set: setter(tb), Prefix: prefix, Slow: slow}, address
	})
}

// slow is a query that takes a minute.
const slow = "SELECT SLEEP(60)"

// server returns where a real server is, or skips the test.
func server(tb testing.TB) (address string) {
	address = os.Getenv("SCALERKIT_TEST_MYSQL")
	if address == "" {
		tb.Skip("SCALERKIT_TEST_MYSQL is not set: run make test")
	}
	return address
}

// dsn is the connection string of a server.
func dsn(address, settings string) string {
	return username + ":" + password + "@tcp(" + address + ")/" + dbName + settings
}

// setter returns what sets the level of a table of the real server.
func setter(tb testing.TB) func(ctx context.Context, table string, level float64) error {
	db, err := sql.Open("mysql", dsn(server(tb), "?multiStatements=true"))
	require.NoError(tb, err)
	tb.Cleanup(func() { db.Close() })
	return func(ctx context.Context, table string, level float64) error {
		_, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s (id int PRIMARY KEY, level bigint); REPLACE INTO %[1]s VALUES (1, %[2]d)", table, int64(level)))
		return err
	}
}

// TestQueriesOnServer is about what the server says of queries that are not what
// they should be.
func TestQueriesOnServer(t *testing.T) {
	address := server(t)
	require.NoError(t, setter(t)(t.Context(), "queries", 0))
	for query, want := range map[string]string{
		"SELECT 7":                     "",
		"SELECT 7e0":                   "",
		"SELECT 7.00":                  "",
		"SELECT '7'":                   "",
		"SELECT CAST(7 AS UNSIGNED)":   "",
		"SELECT 7 UNION ALL SELECT 1":  "",
		"SELECT NOW()":                 "the query returned a date: want a number",
		"SELECT CAST('1:00' AS TIME)":  "the query returned text that is no number",
		"SELECT 7; SELECT 8":           "Error 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near 'SELECT 8' at line 1",
		"DELETE FROM queries":          "Error 1792 (25006): Cannot execute statement in a READ ONLY transaction",
		"SELECT 7 FROM scalerkit.such": "not found: Error 1146 (42S02): Table 'scalerkit.such' doesn't exist",
		"SELECT level FROM queries WHERE SLEEP(60) = 0": "Error 1969 (70100): Query execution was interrupted (max_statement_time exceeded)",
	} {
		t.Run(query, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if strings.Contains(query, "SLEEP") {
				ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
			}
			defer cancel()
			s, err := mysql.New(mysql.Config{Query: query, Target: 5, Server: mysql.Server{
				Connection: scalerkit.NewSecret(dsn(address, "?multiStatements=true&rejectReadOnly=true")),
			}}, scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			r, err := s.Read(ctx)
			if want != "" {
				require.EqualError(t, err, fmt.Sprintf("read query %q: %s", query, want))
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
		})
	}
}

// TestTheProgramsSessionsStayAsTheyAre has a client with one connection, in which
// a limit would be found afterwards.
func TestTheProgramsSessionsStayAsTheyAre(t *testing.T) {
	config, err := driver.ParseDSN(dsn(server(t), ""))
	require.NoError(t, err)
	connector, err := driver.NewConnector(config)
	require.NoError(t, err)
	client := sql.OpenDB(connector)
	defer client.Close()
	client.SetMaxOpenConns(1)
	s, err := mysql.New(mysql.Config{Query: "SELECT CONNECTION_ID()", Target: 5, Server: mysql.Server{Client: client}}, scalerkit.Options{})
	require.NoError(t, err)
	defer s.Close()
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	var id, limit float64
	require.NoError(t, client.QueryRowContext(t.Context(), "SELECT CONNECTION_ID(), @@max_statement_time").Scan(&id, &limit))
	require.Equal(t, r.Value, id)
	require.Zero(t, limit)
}
