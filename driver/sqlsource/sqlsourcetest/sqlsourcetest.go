// Package sqlsourcetest is what the tests of drivers for databases have in
// common: a description of the source for [scalertest], and what a fake does that
// is the same for all wire protocols.
package sqlsourcetest

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A Kit is what there is to know about a driver.
type Kit struct {
	Driver scalerkit.Driver

	// New is as that of scalertest.Suite.
	New scalertest.Constructor

	// Start returns a database, as the Start of a scalertest.Suite does a source.
	Start func(testing.TB) Database

	// TargetKey and ActivationKey are as those of scalertest.Source.
	TargetKey, ActivationKey string

	// Errors has what the errors are, after what was read, of queries that return
	// no number of at least 0, where that is not the usual: under the names that
	// the subtests of Replies have. An empty one is for what is a number in this
	// kind of database.
	Errors map[string]string
}

// Run runs the suite and Replies: queries that return NULL, no row, a date, a
// boolean, text, a negative number, two columns, or nothing in time, and leave
// those in peace that use the same connections. Each is a subtest of t.
func (k Kit) Run(t *testing.T) {
	scalertest.Suite{Driver: k.Driver, New: k.New, Start: func(tb testing.TB) scalertest.Source {
		s := k.Start(tb).source()
		s.TargetKey, s.ActivationKey = k.TargetKey, k.ActivationKey
		return s
	}}.Run(t)
	t.Run("Replies", k.testReplies)
}

// A Database is where the suite's tables are, each of which has one number in
// its column level.
type Database struct {
	Spec   scalerkit.Spec  // without a query
	Denied scalerkit.Spec  // one that the database refuses, without a query
	Secure *scalerkit.Spec // one with TLS, without a query; see scalertest.Source

	// Secrets are as those of scalertest.Source.
	Secrets []string

	// Set makes a table, if it is not there, and sets its number.
	Set func(ctx context.Context, table string, level float64) error

	// Slow is a query that takes a minute. A fake's is [Slow].
	Slow string

	// Prefix is what names of tables begin with.
	Prefix string
}

// ask returns a trigger with a query.
func ask(spec scalerkit.Spec, query string) scalerkit.Spec {
	spec.Metadata = maps.Clone(spec.Metadata)
	spec.Metadata["query"] = query
	return spec
}

// level is the query for the number in a table.
func (d Database) level(table string) string { return "SELECT level FROM " + d.Prefix + table }

// source describes the database to the suite.
func (d Database) source() scalertest.Source {
	trigger := func(table string) scalertest.Trigger {
		return scalertest.Trigger{Spec: ask(d.Spec, d.level(table)), Set: func(ctx context.Context, level float64) error {
			return d.Set(ctx, d.Prefix+table, level)
		}}
	}
	missing, denied := ask(d.Spec, d.level("missing")), ask(d.Denied, d.level("orders"))
	var secure *scalerkit.Spec
	if d.Secure != nil {
		with := ask(*d.Secure, d.level("orders"))
		secure = &with
	}
	return scalertest.Source{
		Trigger:  trigger("orders"),
		Missing:  &missing,
		Denied:   &denied,
		Secure:   secure,
		Secrets:  d.Secrets,
		MaxConns: sqlsource.MaxConns,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer_%d", i))
			}
			return peers
		},
	}
}

// Tables are those of a fake. The zero value has none.
type Tables struct {
	mu     sync.Mutex
	levels map[string]float64
}

// Set is for Database.Set.
func (t *Tables) Set(_ context.Context, table string, level float64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.levels == nil {
		t.levels = make(map[string]float64)
	}
	t.levels[table] = level
	return nil
}

// level returns what a query asks for, and whether there is such a table.
func (t *Tables) level(query string) (level float64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	table, isSelect := strings.CutPrefix(query, "SELECT level FROM ")
	level, ok = t.levels[table]
	return level, ok && isSelect
}

// Serve listens on the loopback interface and calls serve for each connection,
// which is closed when serve returns or the test ends.
func Serve(tb testing.TB, serve func(net.Conn)) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wait sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	tb.Cleanup(func() {
		end()
		listener.Close()
		wait.Wait()
	})
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				serve(conn)
			})
		}
	})
	return listener.Addr().String()
}
