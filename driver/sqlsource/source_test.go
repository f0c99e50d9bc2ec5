package sqlsource_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var dialect = sqlsource.Dialect{
	Name:     "sql",
	ReadOnly: true,
	Limit:    func(d time.Duration) string { return fmt.Sprintf("limit %v", d) },
	Classify: func(err error) error {
		if errors.Is(err, errUnknown) {
			return scalerkit.ErrNotFound
		}
		return nil
	},
}

// opened returns Scalers for queries to one database.
func opened(t *testing.T, d sqlsource.Dialect, db *database, queries ...string) []scalerkit.Scaler {
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	all := make([]scalerkit.Scaler, len(queries))
	for i, q := range queries {
		var err error
		all[i], err = d.New(options, db.plan(q))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, all[i].Close()) })
	}
	return all
}

type row = []driver.Value

func TestWhatCountsAsANumber(t *testing.T) {
	const note = "the query returned no row: counts as 0"
	broken := errors.New("division by zero")
	for name, c := range map[string]struct {
		result result
		zero   bool // no row is 0
		want   float64
		note   string
		err    string
	}{
		"an integer":             {result: result{rows: row{int64(7)}}, want: 7},
		"a float":                {result: result{rows: row{7.5}}, want: 7.5},
		"an unsigned integer":    {result: result{rows: row{uint64(math.MaxUint64)}}, want: math.MaxUint64},
		"a small float":          {result: result{rows: row{float32(0.5)}}, want: 0.5},
		"text":                   {result: result{rows: row{" 12.50 "}}, want: 12.5},
		"bytes":                  {result: result{rows: row{[]byte("1e3")}}, want: 1000},
		"further rows":           {result: result{rows: row{int64(3), nil, true}}, want: 3},
		"no row for 0":           {zero: true, note: note},
		"no row":                 {err: "the query returned no row"},
		"NULL":                   {zero: true, result: result{rows: row{nil}}, err: "the query returned NULL: want a number"},
		"a boolean":              {result: result{rows: row{true}}, err: "the query returned a boolean: want a number"},
		"a date":                 {result: result{rows: row{time.Now()}}, err: "the query returned a date: want a number"},
		"words":                  {result: result{rows: row{"hunter2"}}, err: "the query returned text that is no number"},
		"text that is none":      {result: result{rows: row{"NaN"}}, err: "the value is NaN, which is not a finite number of at least 0"},
		"too much":               {result: result{rows: row{math.Inf(1)}}, err: "the value is +Inf, which is not a finite number of at least 0"},
		"too little":             {result: result{rows: row{int64(-1)}}, err: "the value is -1, which is not a finite number of at least 0"},
		"something else":         {result: result{rows: row{[]int64{1}}}, err: "the query returned a []int64: want a number"},
		"two columns":            {result: result{columns: 2, rows: row{int64(7)}}, err: "the query returned 2 columns: want 1"},
		"an error":               {result: result{err: broken}, err: "division by zero"},
		"an error after a row":   {result: result{rows: row{int64(7)}, broken: broken}, err: "division by zero"},
		"an error before a row":  {zero: true, result: result{broken: broken}, err: "division by zero"},
		"something that is away": {result: result{err: errUnknown}, err: "not found: no such table"},
	} {
		t.Run(name, func(t *testing.T) {
			dialect := dialect
			dialect.NoRowIsZero = c.zero
			db := &database{results: map[string]result{"SELECT 1": c.result}}
			r, err := opened(t, dialect, db, "SELECT 1")[0].Read(t.Context())
			if c.err != "" {
				require.EqualError(t, err, `read query "SELECT 1": `+c.err)
				require.Equal(t, errors.Is(c.result.err, errUnknown), errors.Is(err, scalerkit.ErrNotFound))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, r.Value)
			require.Equal(t, c.note, r.Note)
		})
	}
}

// TestTransactions is about what a database is told besides the queries.
func TestTransactions(t *testing.T) {
	one := result{rows: row{int64(1)}}
	for name, c := range map[string]struct {
		dialect sqlsource.Dialect
		timeout time.Duration // 0: none
		results map[string]result
		slow    time.Duration // what each query takes
		queries []string
		want    []string
	}{
		"one query": {
			dialect: dialect, queries: []string{"a"}, results: map[string]result{"a": one},
			want: []string{"begin read only", "limit 27s", "a", "rollback"},
		},
		"somebody who does not wait for ever": {
			dialect: dialect, queries: []string{"a"}, results: map[string]result{"a": one}, timeout: 10 * time.Second,
			want: []string{"begin read only", "limit 8.1s", "a", "rollback"},
		},
		"a database that can do neither": {
			dialect: sqlsource.Dialect{Name: "plain"}, queries: []string{"a"}, results: map[string]result{"a": one},
			want: []string{"begin", "a", "rollback"},
		},
		"equal queries": {
			dialect: dialect, queries: []string{"a", "a", "a"}, results: map[string]result{"a": one},
			want: []string{"begin read only", "limit 27s", "a", "rollback"},
		},
		"a query that fails": {
			dialect: dialect, queries: []string{"b"},
			want: []string{"begin read only", "limit 27s", "b", "rollback"},
		},
		"a query that takes too long": {
			dialect: dialect, queries: []string{"a"}, results: map[string]result{"a": one}, slow: time.Minute,
			want: []string{"begin read only", "limit 27s", "a", "rollback"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &database{results: c.results, delay: func(string) { time.Sleep(c.slow) }}
				ctx := t.Context()
				if c.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.timeout)
					defer cancel()
				}
				for i, r := range scalerkit.ReadAll(ctx, opened(t, c.dialect, db, c.queries...)...) {
					_, known := c.results[c.queries[i]]
					require.Equal(t, known && c.slow == 0, r.Err == nil, "%v", r.Err)
				}
				synctest.Wait()
				require.Equal(t, c.want, db.took())
			})
		})
	}
}

// TestManyQueries is about how transactions are shared out among queries.
func TestManyQueries(t *testing.T) {
	const n = 40
	for name, c := range map[string]struct {
		slow  time.Duration
		begun int
	}{
		"quick": {0, sqlsource.MaxConns},
		"slow":  {time.Second, n},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &database{results: make(map[string]result), delay: func(string) { time.Sleep(c.slow) }}
				queries := make([]string, n)
				for i := range queries {
					queries[i] = fmt.Sprintf("SELECT %d", i)
					db.results[queries[i]] = result{rows: row{int64(i)}}
				}
				for i, r := range scalerkit.ReadAll(t.Context(), opened(t, dialect, db, queries...)...) {
					require.NoError(t, r.Err)
					require.EqualValues(t, i, r.Reading.Value)
				}
				begun := strings.Count(strings.Join(db.took(), "\n"), "begin")
				require.LessOrEqual(t, begun, c.begun)
				require.LessOrEqual(t, db.seen().open, sqlsource.MaxConns)
				if c.slow > 0 {
					require.Equal(t, n, begun)
					require.Equal(t, sqlsource.MaxConns, db.seen().atMax)
				}
			})
		})
	}
}

// TestOneFailureIsOneFailure puts a query that fails between others.
func TestOneFailureIsOneFailure(t *testing.T) {
	one := result{rows: row{int64(1)}}
	db := &database{results: map[string]result{"a": one, "c": one}}
	results := scalerkit.ReadAll(t.Context(), opened(t, dialect, db, "a", "b", "c")...)
	require.NoError(t, results[0].Err)
	require.EqualError(t, results[1].Err, `read query "b": not found: no such table`)
	require.NoError(t, results[2].Err)
}

func TestWhatFailsBeforeTheQuery(t *testing.T) {
	for name, c := range map[string]*database{
		"connect": {refuse: errUnknown},
		"begin":   {noBegin: errUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := opened(t, dialect, c, "SELECT\n\t1")[0].Read(t.Context())
			require.EqualError(t, err, `read query "SELECT 1": not found: no such table`)
		})
	}
}

// TestOneLoginFailsForAll has a database that lets nobody in.
func TestOneLoginFailsForAll(t *testing.T) {
	db := &database{refuse: errUnknown}
	queries := make([]string, 100)
	for i := range queries {
		queries[i] = fmt.Sprintf("SELECT %d", i)
	}
	for i, r := range scalerkit.ReadAll(t.Context(), opened(t, dialect, db, queries...)...) {
		require.EqualError(t, r.Err, fmt.Sprintf(`read query "SELECT %d": not found: no such table`, i))
	}
	require.LessOrEqual(t, len(db.seen().tokens), sqlsource.MaxConns)
}

func TestLongQueryIsCutInErrors(t *testing.T) {
	_, err := opened(t, dialect, new(database), "SELECT "+strings.Repeat("ä", 100))[0].Read(t.Context())
	require.EqualError(t, err, `read query "SELECT `+strings.Repeat("ä", 34)+` …": not found: no such table`)
}

// TestTokenForEachConnection has connections that end after half an hour.
func TestTokenForEachConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{results: map[string]result{"a": {rows: row{int64(1)}}}}
		plan := db.plan("a")
		plan.Login = sqlsource.Login{Identity: scalerkit.Identity{Provider: "cloud"}, Tokens: db}
		plan.Audience = sqlsource.Audience{Scope: "sql"}
		s, err := dialect.New(scalerkit.Options{}, plan)
		require.NoError(t, err)
		for range 3 {
			_, err := s.Read(t.Context())
			require.NoError(t, err)
			time.Sleep(31 * time.Minute)
		}
		require.Equal(t, []string{"token", "token", "token"}, db.seen().tokens)
		require.Zero(t, db.seen().open)
		require.False(t, db.seen().closed)
		require.NoError(t, s.Close())
		require.True(t, db.seen().closed)
	})
}

// TestBrokenConnectionsAreClosed has a client library that says goodbye to a
// server which is gone.
func TestBrokenConnectionsAreClosed(t *testing.T) {
	db := &database{results: map[string]result{"a": {rows: row{int64(1)}}}, noClose: errors.New("bad connection")}
	s, err := dialect.New(scalerkit.Options{}, db.plan("a"))
	require.NoError(t, err)
	_, err = s.Read(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Zero(t, db.seen().open)
}

func TestAnIdentityThatNobodyProvidesForIsRefused(t *testing.T) {
	plan := new(database).plan("a")
	plan.Login.Identity.Provider = "cloud"
	_, err := dialect.New(scalerkit.Options{}, plan)
	require.EqualError(t, err, `trigger: podIdentity: "cloud" is not a provider that this program and this trigger type know`)
}

// TestWhatIsTheProgramsStaysOpen has a credential and a client of the program's,
// with which nobody shares who has others.
func TestWhatIsTheProgramsStaysOpen(t *testing.T) {
	db, options := &database{results: map[string]result{"a": {rows: row{int64(1)}}}}, scalerkit.Options{Pool: new(scalerkit.Pool)}
	client := sql.OpenDB(connector{db})
	defer client.Close()
	for _, login := range []sqlsource.Login{{}, {Credential: db}, {Client: client}} {
		plan := db.plan("a")
		plan.Login = login
		s, err := dialect.New(options, plan)
		require.NoError(t, err)
		defer s.Close()
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Value)
	}
	require.Equal(t, []string{"", "token", "the program's"}, db.seen().tokens)

	plan := db.plan("a")
	plan.Login = sqlsource.Login{Client: client, Credential: db}
	s, err := dialect.New(scalerkit.Options{}, plan)
	require.NoError(t, err)
	_, err = s.Read(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, client.PingContext(t.Context()))
	require.Len(t, db.seen().tokens, 3)
	require.False(t, db.seen().closed)
}

// A connector is for a client of the program's.
type connector struct{ db *database }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.db.plan("").Connect(ctx, "the program's")
}

func (connector) Driver() driver.Driver { return nil }
