package sqlsource

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
)

// turn is how long a transaction is used for further queries. Quick ones then
// need no transaction each, and slow ones leave the connection to whoever waits
// for it.
const turn = 50 * time.Millisecond

// A round is what the sessions of one exchange have in common.
type round struct {
	dialect Dialect
	db      *sql.DB

	// What is wrong with the database is wrong for all: a thousand queries are
	// not a thousand attempts to log in.
	failure atomic.Pointer[error]
}

// A session puts one query after the other.
type session struct {
	*round
	tx    *sql.Tx // nil if none is under way
	begun time.Time
}

// read puts a query. The ctx is the same for all queries of a session.
func (s *session) read(ctx context.Context, q query) (r scalerkit.Reading, err error) {
	done := false
	defer func() {
		if !done || time.Since(s.begun) > turn {
			s.end()
		}
	}()
	if s.tx == nil {
		if failure := s.failure.Load(); failure != nil {
			return r, *failure
		}
		if err := s.begin(ctx); err != nil {
			s.failure.Store(&err)
			return r, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	value, err := first(ctx, s.tx, q)
	switch {
	case errors.Is(err, errNoRow) && s.dialect.NoRowIsZero:
		r.Note = errNoRow.Error() + ": counts as 0"
	case err != nil:
		return r, err
	default:
		if r.Value, err = number(value); err != nil {
			return r, err
		}
	}
	done = true
	return r, nil
}

func (s *session) begin(ctx context.Context) (err error) {
	s.tx, err = s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: s.dialect.ReadOnly})
	if err != nil {
		return err
	}
	s.begun = time.Now()
	if s.dialect.Limit != nil {
		_, err = s.tx.ExecContext(ctx, s.dialect.Limit(limit(ctx)))
	}
	return err
}

// end gives the connection back.
func (s *session) end() {
	if s.tx != nil {
		_ = s.tx.Rollback() // there is nothing to lose, and a broken connection is not used again
		s.tx = nil
	}
}

// limit is how long the database may take: a little less than anybody waits, so
// that it is the database that ends a query, and the connection is still good.
func limit(ctx context.Context) time.Duration {
	left := queryLimit
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return max(left-left/10, time.Millisecond)
}

var errNoRow = errors.New("the query returned no row")

// first returns what is in the first row of an answer that is whole.
func first(ctx context.Context, tx *sql.Tx, q query) (value any, err error) {
	rows, err := tx.QueryContext(ctx, string(q))
	if err != nil {
		return nil, err
	}
	defer func() {
		// What is wrong with the rest of an answer comes to light here.
		if broken := rows.Close(); err == nil {
			err = broken
		}
	}()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if len(columns) != 1 {
		return nil, fmt.Errorf("the query returned %d columns: want 1", len(columns))
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, err
		}
		return nil, errNoRow
	}
	err = rows.Scan(&value)
	return value, err
}
