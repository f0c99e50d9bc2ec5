package mysql_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
	"github.com/scalerkit/scalerkit/scalers/mysql"
)

// BenchmarkRound compares with the bare client.
func BenchmarkRound(b *testing.B) {
	address := dsn(server(b), "")
	require.NoError(b, setter(b)(b.Context(), "bench", 3))
	bare, err := sql.Open("mysql", address)
	require.NoError(b, err)
	defer bare.Close()
	sqlsourcetest.CompareRounds(b, bare, "bench", func(query string, options scalerkit.Options) (scalerkit.Scaler, error) {
		return mysql.New(mysql.Config{Query: query, Target: 5, Server: mysql.Server{Connection: scalerkit.NewSecret(address)}}, options)
	})
}
