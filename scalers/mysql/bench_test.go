package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/scalers/mysql"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound puts 1,000 queries to the real server in turn by the bare client,
// over as many connections and without a transaction, and by as many triggers,
// and reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	const n = 1_000
	address, ctx := server(b), context.Background()
	require.NoError(b, setter(b)(ctx, "bench", 3))
	floor, err := sql.Open("mysql", dsn(address, ""))
	require.NoError(b, err)
	defer floor.Close()
	floor.SetMaxOpenConns(sqlsource.MaxConns)
	floor.SetMaxIdleConns(sqlsource.MaxConns)

	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	queries := make([]string, n)
	scalers := make([]scalerkit.Scaler, n)
	for i := range queries {
		queries[i] = fmt.Sprintf("SELECT level FROM bench WHERE %d < 1000", i)
		scalers[i], err = mysql.New(mysql.Config{Query: queries[i], Target: 5, Server: mysql.Server{Connection: scalerkit.NewSecret(dsn(address, ""))}}, options)
		require.NoError(b, err)
		defer scalers[i].Close()
	}
	bare := func() {
		for _, a := range driver.Each(ctx, sqlsource.MaxConns, queries, func(ctx context.Context, q string) (level float64, err error) {
			err = floor.QueryRowContext(ctx, q).Scan(&level)
			return level, err
		}) {
			if a.Err != nil || a.Value != 3 {
				b.Fatal(a)
			}
		}
	}
	ours := func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != 3 {
				b.Fatal(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
