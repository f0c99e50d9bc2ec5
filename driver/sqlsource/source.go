package sqlsource

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/line"
)

// MaxConns is how many connections any number of Scalers hold to one database
// as one user.
const MaxConns = 4

const (
	idleLimit  = 5 * time.Minute // several polling intervals of KEDA's
	lifeLimit  = 30 * time.Minute
	queryLimit = 30 * time.Second
)

// A Dialect is what one kind of database differs in from others.
type Dialect struct {
	// Name is that of the database. Scalers of Dialects with equal Names are
	// read together if they share connections.
	Name string

	// ReadOnly says that the database has read-only transactions.
	ReadOnly bool

	// Limit, if set, returns a statement that makes the database end those after
	// it in the same transaction that take longer than d.
	Limit func(d time.Duration) string

	// NoRowIsZero says that a query which returns no row means 0. Otherwise it
	// is an error.
	NoRowIsZero bool

	// Classify returns [scalerkit.ErrDenied] or [scalerkit.ErrNotFound] if that
	// is what an error of the database means, or nil.
	Classify func(error) error
}

// A Plan is what one Scaler wants of a Dialect.
type Plan struct {
	Metric scalerkit.Metric

	// Query is put as it is. Its beginning is shown in errors.
	Query string

	// Key says where the database is and who asks, as in a [driver.Plan]. The
	// Login is a part of it by itself.
	Key   any
	Login Login

	// Audience is the database, if the Login may have an identity.
	Audience Audience

	// Connect opens a connection, with a token for a password if the Login has
	// any. It may be called concurrently. Its error contains no password.
	Connect func(ctx context.Context, token string) (sqldriver.Conn, error)
}

// New returns a Scaler. It does no I/O. Errors are ConfigErrors.
func (d Dialect) New(options scalerkit.Options, plan Plan) (scalerkit.Scaler, error) {
	tokens, err := plan.Login.open(plan.Audience, options)
	if err != nil {
		return nil, err
	}
	type key struct{ Database, Login any }
	source := driver.Source[handle, query, scalerkit.Reading]{Name: d.Name, Ask: d.ask, Classify: d.Classify}
	return source.New(options, driver.Plan[handle, query, scalerkit.Reading]{
		Metric:   plan.Metric,
		Question: query(plan.Query),
		Key:      key{plan.Key, plan.Login},
		Open: func(context.Context) (handle, error) {
			if plan.Login.Client != nil {
				return handle{db: plan.Login.Client}, nil
			}
			db := sql.OpenDB(connector{tokens, plan.Connect})
			db.SetMaxOpenConns(MaxConns)
			db.SetMaxIdleConns(MaxConns)
			db.SetConnMaxIdleTime(idleLimit)
			db.SetConnMaxLifetime(lifeLimit)
			return handle{db, tokens, true}, nil
		},
	}), nil
}

// A handle is a database, which is our own or the program's.
type handle struct {
	db     *sql.DB
	tokens TokenSource // nil if there are none
	own    bool
}

// Close implements io.Closer.
func (h handle) Close() error {
	if !h.own {
		return nil
	}
	_ = h.db.Close() // it says of connections that they are broken, which they may well be
	if h.tokens == nil {
		return nil
	}
	return h.tokens.Close()
}

// ask puts queries side by side.
func (d Dialect) ask(ctx context.Context, h handle, queries []query) ([]driver.Answer[scalerkit.Reading], error) {
	round := &round{dialect: d, db: h.db}
	sessions := make(chan *session, MaxConns)
	for range cap(sessions) {
		sessions <- &session{round: round}
	}
	answers := driver.Each(ctx, cap(sessions), queries, func(ctx context.Context, q query) (scalerkit.Reading, error) {
		s := <-sessions
		defer func() { sessions <- s }()
		return s.read(ctx, q)
	})
	close(sessions)
	for s := range sessions {
		s.end()
	}
	return answers, nil
}

// A query is what a trigger asks.
type query string

// String returns the beginning of the query in one line.
func (q query) String() string {
	return fmt.Sprintf("query %q", line.Cut(line.Of(string(q)), 80))
}

// A connector makes connections by a Plan.
type connector struct {
	tokens  TokenSource // nil if there are none
	connect func(ctx context.Context, token string) (sqldriver.Conn, error)
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	var token string
	if c.tokens != nil {
		var err error
		if token, err = c.tokens.Token(ctx); err != nil {
			return nil, err
		}
	}
	return c.connect(ctx, token)
}

// Driver implements driver.Connector for sql.DB.Driver, which nobody calls.
func (connector) Driver() sqldriver.Driver { return nil }
