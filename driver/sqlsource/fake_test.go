package sqlsource_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// A result is what a query returns.
type result struct {
	columns int // 1 if 0
	rows    []driver.Value
	err     error // in place of rows
	broken  error // after the rows
}

// A database is one that remembers what was done to it.
type database struct {
	results map[string]result
	delay   func(query string) // before a result, if set
	refuse  error              // to every connection
	noBegin error              // to every transaction
	noClose error              // to every connection that is closed

	mu  sync.Mutex
	log []string
	counts
}

// counts are of what happened to a database.
type counts struct {
	tokens            []string // one for each attempt to connect
	open, busy, atMax int
	closed            bool // the source of tokens
}

// seen returns a copy.
func (d *database) seen() counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

func (d *database) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, what)
}

// took returns what was done since it was last asked.
func (d *database) took() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.log = nil }()
	return d.log
}

func (d *database) plan(query string) sqlsource.Plan {
	return sqlsource.Plan{Query: query, Key: d, Connect: func(_ context.Context, token string) (driver.Conn, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.tokens = append(d.tokens, token)
		if d.refuse != nil {
			return nil, d.refuse
		}
		d.open++
		return &conn{d}, nil
	}}
}

// A conn has the methods that package sql looks for, and no Prepare to speak of.
type conn struct{ *database }

func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("prepared") }
func (c *conn) Begin() (driver.Tx, error)           { return nil, errors.New("begun without options") }

func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	return c.noClose
}

func (c *conn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.noBegin != nil {
		return nil, c.noBegin
	}
	if o.ReadOnly {
		c.note("begin read only")
	} else {
		c.note("begin")
	}
	return c, nil
}

func (c *conn) Commit() error   { c.note("commit"); return nil }
func (c *conn) Rollback() error { c.note("rollback"); return nil }

func (c *conn) ExecContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	c.note(statement)
	return driver.ResultNoRows, nil
}

func (c *conn) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	c.mu.Lock()
	c.busy++
	c.atMax = max(c.atMax, c.busy)
	c.mu.Unlock()
	if c.delay != nil {
		c.delay(query)
	}
	c.mu.Lock()
	c.busy--
	c.mu.Unlock()
	c.note(query)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, ok := c.results[query]
	if !ok {
		r.err = errUnknown
	}
	return &rows{r}, r.err
}

var errUnknown = errors.New("no such table")

type rows struct{ result }

func (r *rows) Columns() []string { return make([]string, max(1, r.columns)) }
func (r *rows) Close() error      { return r.broken }

func (r *rows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		if r.broken != nil {
			return r.broken
		}
		return io.EOF
	}
	dest[0], r.rows = r.rows[0], r.rows[1:]
	return nil
}

// Token implements sqlsource.TokenSource.
func (d *database) Token(context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return "token", nil
}

// Close implements sqlsource.TokenSource.
func (d *database) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

// Open implements sqlsource.Tokens.
func (d *database) Open(scalerkit.Identity, string, scalerkit.Options) (sqlsource.TokenSource, error) {
	return d, nil
}
