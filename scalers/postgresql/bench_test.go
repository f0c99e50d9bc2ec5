package postgresql_test

import (
	"database/sql"
	"net/url"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/postgresql"
)

// BenchmarkRound compares with the bare client.
func BenchmarkRound(b *testing.B) {
	host, port := server(b, "SCALERKIT_TEST_POSTGRESQL")
	require.NoError(b, setter(b)(b.Context(), "bench", 3))
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(username, password), Host: os.Getenv("SCALERKIT_TEST_POSTGRESQL"), Path: "/postgres",
		RawQuery: "sslmode=disable&default_query_exec_mode=exec",
	}
	bare, err := sql.Open("pgx", u.String())
	require.NoError(b, err)
	defer bare.Close()
	sqlsourcetest.CompareRounds(b, bare, "bench", func(query string, options scalerkit.Options) (scalerkit.Scaler, error) {
		return postgresql.New(postgresql.Config{Query: query, Target: 5, Server: postgresql.Server{
			Host: host, Port: port, UserName: username, DBName: "postgres", SSLMode: "disable", Password: scalerkit.NewSecret(password),
		}}, options)
	})
}
