package sqlsourcetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
)

// A Reply is what a query returns, for a fake to put into its protocol.
type Reply struct {
	Values []any // of the columns: nil, which is NULL, float64, bool, string or time.Time
	NoRow  bool  // there are columns but no row
	Slow   bool  // nothing is ever returned
}

// Slow is a query to which a fake never replies.
const Slow = "SELECT slow"

// A question has a reply that is no level.
type question struct {
	query string
	reply Reply
	want  string // the error, after what was read
}

// questions are put in words that most databases know.
var questions = map[string]question{
	"NULL":     {"SELECT NULL", Reply{Values: []any{nil}}, "the query returned NULL: want a number"},
	"no row":   {"SELECT 7 WHERE 1 = 0", Reply{Values: []any{7.0}, NoRow: true}, "the query returned no row"},
	"date":     {"SELECT CURRENT_DATE", Reply{Values: []any{time.Unix(0, 0)}}, "the query returned a date: want a number"},
	"boolean":  {"SELECT 7 > 1", Reply{Values: []any{true}}, "the query returned a boolean: want a number"},
	"text":     {"SELECT 'seven'", Reply{Values: []any{"seven"}}, "the query returned text that is no number"},
	"negative": {"SELECT -7", Reply{Values: []any{-7.0}}, "the value is -7, which is not a finite number of at least 0"},
	"columns":  {"SELECT 7, 8", Reply{Values: []any{7.0, 8.0}}, "the query returned 2 columns: want 1"},
}

func (k Kit) testReplies(t *testing.T) {
	d, options := k.Start(t), scalerkit.Options{Pool: new(scalerkit.Pool)}
	read := func(t *testing.T, query string, limit time.Duration) (float64, error) {
		t.Helper()
		s, err := k.Driver.Open(ask(d.Spec, query), options)
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		r, err := s.Read(ctx)
		return r.Value, err
	}
	const patience = 30 * time.Second
	if err := d.Set(t.Context(), d.Prefix+"replies", 7); err != nil {
		t.Fatalf("set the level: %v", err)
	}
	wantLevel := func(t *testing.T) {
		t.Helper()
		if got, err := read(t, d.level("replies"), patience); err != nil || got != 7 {
			t.Errorf("another query: read %v, %v; want 7", got, err)
		}
	}
	for name, q := range questions {
		t.Run(name, func(t *testing.T) {
			want, ok := k.Errors[name]
			if !ok {
				want = q.want
			}
			got, err := read(t, q.query, patience)
			switch {
			case want == "" && err != nil:
				t.Errorf("read %q: %v; want no error", q.query, err)
			case want != "" && (err == nil || err.Error() != fmt.Sprintf("read query %q: %s", q.query, want)):
				t.Errorf("read %q: %v, %v; want an error: %s", q.query, got, err, want)
			}
			wantLevel(t)
		})
	}
	t.Run("slow", func(t *testing.T) {
		got, err := read(t, d.Slow, time.Second)
		if err == nil {
			t.Errorf("read %v from a query without end, and no error", got)
		}
		for _, answer := range []error{scalerkit.ErrDenied, scalerkit.ErrNotFound, scalerkit.ErrThrottled} {
			if errors.Is(err, answer) {
				t.Errorf("a query without end is reported as an answer of the database: %v", err)
			}
		}
		wantLevel(t)
	})
}

// Reply returns what a query returns, and whether the tables that it names are
// there.
func (t *Tables) Reply(query string) (r Reply, ok bool) {
	for _, q := range questions {
		if q.query == query {
			return q.reply, true
		}
	}
	if query == Slow {
		return Reply{Values: []any{7.0}, Slow: true}, true
	}
	level, ok := t.level(query)
	return Reply{Values: []any{level}}, ok
}
