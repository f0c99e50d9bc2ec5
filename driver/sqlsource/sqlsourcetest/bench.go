package sqlsourcetest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// CompareRounds is for benchmarks: it puts 1,000 queries for the level of a table
// that [Database.Set] made, in turn by the bare client, over as many connections
// as we take and without a transaction, and by as many triggers, and reports the
// ratio of the two; see [scalertest.Compare]. Both expect a level of 3.
func CompareRounds(b *testing.B, bare *sql.DB, table string, open func(query string, options scalerkit.Options) (scalerkit.Scaler, error)) {
	b.Helper()
	const n, level = 1_000, 3
	ctx := context.Background()
	bare.SetMaxOpenConns(sqlsource.MaxConns)
	bare.SetMaxIdleConns(sqlsource.MaxConns)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	queries := make([]string, n)
	scalers := make([]scalerkit.Scaler, n)
	for i := range queries {
		queries[i] = fmt.Sprintf("SELECT level FROM %s WHERE %d < %d", table, i, n)
		var err error
		if scalers[i], err = open(queries[i], options); err != nil {
			b.Fatal(err)
		}
		defer scalers[i].Close()
	}
	scalertest.Compare(b, func() {
		for _, a := range driver.Each(ctx, sqlsource.MaxConns, queries, func(ctx context.Context, q string) (value float64, err error) {
			err = bare.QueryRowContext(ctx, q).Scan(&value)
			return value, err
		}) {
			if a.Err != nil || a.Value != level {
				b.Fatal(a)
			}
		}
	}, func() {
		for _, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != level {
				b.Fatal(r)
			}
		}
	})
}
