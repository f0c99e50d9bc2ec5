package postgresql_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

const wrong = "not-the-password"

// suite runs the suite on a database at host and port.
func suite(t *testing.T, start func(testing.TB) (database sqlsourcetest.Database, host, port string)) {
	sqlsourcetest.Kit{
		Driver: postgresql.Driver(), New: scalertest.Typed(postgresql.New),
		TargetKey: "targetQueryValue", ActivationKey: "activationTargetQueryValue",
		Start: func(tb testing.TB) sqlsourcetest.Database {
			d, host, port := start(tb)
			spec := func(password, sslmode string) scalerkit.Spec {
				return scalerkit.Spec{Type: "postgresql", Name: "orders", Metadata: values{
					"host": host, "port": port, "userName": username, "dbName": "postgres", "sslmode": sslmode, "targetQueryValue": "5",
				}, Auth: scalerkit.Secrets(values{"password": password})}
			}
			secure := spec(password, "verify-full")
			d.Spec, d.Denied, d.Secure = spec(password, "disable"), spec(wrong, "disable"), &secure
			d.Secrets = []string{password, wrong}
			return d
		},
	}.Run(t)
}

func TestSuiteOnFake(t *testing.T) {
	suite(t, func(tb testing.TB) (sqlsourcetest.Database, string, string) {
		f := newFake(tb)
		return sqlsourcetest.Database{Set: f.Set, Slow: sqlsourcetest.Slow}, f.host, f.port
	})
}

func TestSuiteOnServer(t *testing.T) {
	for _, variable := range []string{"SCALERKIT_TEST_POSTGRESQL", "SCALERKIT_TEST_PGBOUNCER"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			host, port := server(t, variable)
			suite(t, func(tb testing.TB) (sqlsourcetest.Database, string, string) {
				prefix := fmt.Sprintf("t%d_", time.Now().UnixNano())
				return sqlsourcetest.Database{Set: setter(tb), Prefix: prefix, Slow: "SELECT pg_sleep(60)"}, host, port
			})
		})
	}
}

// server returns where a real server is, or skips the test.
func server(tb testing.TB, variable string) (host, port string) {
	address := os.Getenv(variable)
	if address == "" {
		tb.Skip(variable + " is not set: run make test")
	}
	host, port, err := net.SplitHostPort(address)
	require.NoError(tb, err)
	return host, port
}

// setter returns what sets the level of a table of the real server.
func setter(tb testing.TB) func(ctx context.Context, table string, level float64) error {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(username, password), Host: os.Getenv("SCALERKIT_TEST_POSTGRESQL"), Path: "/postgres"}
	pool, err := pgxpool.New(context.Background(), u.String())
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return func(ctx context.Context, table string, level float64) error {
		// In one transaction, as all that is sent at once.
		_, err := pool.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s (level bigint); DELETE FROM %[1]s; INSERT INTO %[1]s VALUES (%d)", table, int64(level)))
		return err
	}
}

// TestQueriesOnServer is about what the server says of queries that are not what
// they should be.
func TestQueriesOnServer(t *testing.T) {
	host, port := server(t, "SCALERKIT_TEST_POSTGRESQL")
	require.NoError(t, setter(t)(t.Context(), "queries", 0))
	for query, want := range map[string]string{
		"SELECT 7":                        "",
		"SELECT 7.0::real":                "",
		"SELECT 7.00::numeric":            "",
		"SELECT '7'::text":                "",
		"SELECT 7 UNION ALL SELECT 1":     "",
		"SELECT interval '7s'":            "the query returned text that is no number",
		"SELECT 'NaN'::numeric":           "the value is NaN, which is not a finite number of at least 0",
		"SELECT 7; SELECT 8":              "ERROR: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)",
		"DELETE FROM queries RETURNING 7": "ERROR: cannot execute DELETE in a read-only transaction (SQLSTATE 25006)",
		"SELECT 7 FROM no.such":           `not found: ERROR: relation "no.such" does not exist (SQLSTATE 42P01)`,
		"SELECT pg_sleep(60)":             "ERROR: canceling statement due to statement timeout (SQLSTATE 57014)",
	} {
		t.Run(query, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if strings.Contains(query, "sleep") {
				ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
			}
			defer cancel()
			s, err := postgresql.New(postgresql.Config{Query: query, Target: 5, Server: postgresql.Server{
				Host: host, Port: port, UserName: username, DBName: "postgres", SSLMode: "disable", Password: scalerkit.NewSecret(password),
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
