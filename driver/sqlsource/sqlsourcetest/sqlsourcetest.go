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

// A Database is where the suite's tables are, each of which has one number in
// its column level.
type Database struct {
	Spec   scalerkit.Spec // without a query
	Denied scalerkit.Spec // one that the database refuses, without a query

	// Set makes a table, if it is not there, and sets its number.
	Set func(ctx context.Context, table string, level float64) error

	// Prefix is what names of tables begin with.
	Prefix string
}

// Source describes the database to a [scalertest.Suite].
func (d Database) Source() scalertest.Source {
	ask := func(spec scalerkit.Spec, table string) scalerkit.Spec {
		spec.Metadata = maps.Clone(spec.Metadata)
		spec.Metadata["query"] = "SELECT level FROM " + d.Prefix + table
		return spec
	}
	trigger := func(table string) scalertest.Trigger {
		return scalertest.Trigger{Spec: ask(d.Spec, table), Set: func(ctx context.Context, level float64) error {
			return d.Set(ctx, d.Prefix+table, level)
		}}
	}
	missing, denied := ask(d.Spec, "missing"), ask(d.Denied, "orders")
	return scalertest.Source{
		Trigger:  trigger("orders"),
		Missing:  &missing,
		Denied:   &denied,
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

// Answer returns what a query asks for, and whether there is such a table.
func (t *Tables) Answer(query string) (level float64, ok bool) {
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
