// Package postgresql runs a query with the client library alone.
package postgresql

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	conn, err := pgx.Connect(ctx, args[0])
	if err != nil {
		return nil, err
	}
	var n float64
	err = conn.QueryRow(ctx, "SELECT 1").Scan(&n)
	return n, err
}
