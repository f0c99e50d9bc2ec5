package influxdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// The languages that a question may be in.
const (
	flux     = "flux"
	influxQL = "influxql"
	sql      = "sql"
)

// A question is for the number that a query results in.
type question struct {
	ask    string // the language
	server string
	in     string // organization or database
	query  string
	column string // with the number; of flux it is _value
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("query in %q", q.in) }

// An answer is the number, and what is to be said of it.
type answer struct {
	value float64
	note  string
}

func ask(ctx context.Context, c *httpsource.Client, q question) (answer, error) {
	switch q.ask {
	case influxQL:
		return askInfluxQL(ctx, c, q)
	case sql:
		return askSQL(ctx, c, q)
	}
	return askFlux(ctx, c, q)
}

// post returns the request with a body in JSON.
func post(address string, body any) httpsource.Request {
	data, _ := json.Marshal(body) // of texts, which does not fail
	return httpsource.Request{Method: http.MethodPost, URL: address, Body: data, Header: http.Header{"Content-Type": {"application/json"}}}
}

func askSQL(ctx context.Context, c *httpsource.Client, q question) (answer, error) {
	var rows []map[string]any
	if err := c.DoJSON(ctx, post(q.server+"/api/v3/query_sql", map[string]string{"db": q.in, "q": q.query, "format": "json"}), &rows); err != nil {
		return answer{}, err
	}
	if len(rows) == 0 {
		return noRow, nil
	}
	return valueIn(rows[len(rows)-1], q.column)
}

// A result is that of one statement in InfluxQL.
type result struct {
	Error   string
	Partial bool
	Series  []struct {
		Columns []string
		Values  [][]any
		Partial bool
	}
}

func askInfluxQL(ctx context.Context, c *httpsource.Client, q question) (answer, error) {
	var a struct{ Results []result }
	if err := c.GetJSON(ctx, q.server+"/query?"+url.Values{"db": {q.in}, "q": {q.query}}.Encode(), &a); err != nil {
		return answer{}, err
	}
	if len(a.Results) != 1 {
		return answer{}, fmt.Errorf("the answer has %d results: it should have that of one statement", len(a.Results))
	}
	r := a.Results[0]
	switch {
	case strings.HasPrefix(r.Error, "database not found"):
		return answer{}, fmt.Errorf("%w: %s", scalerkit.ErrNotFound, c.Excerpt(r.Error))
	case r.Error != "":
		return answer{}, errors.New(c.Excerpt(r.Error))
	case len(r.Series) == 0:
		return noRow, nil
	}
	last := r.Series[len(r.Series)-1]
	switch {
	case r.Partial || last.Partial:
		return answer{}, errors.New("the answer is partial: the result has more rows than the server sends")
	case len(last.Values) == 0:
		return noRow, nil
	}
	row, values := make(map[string]any), last.Values[len(last.Values)-1]
	for i, column := range last.Columns[:min(len(last.Columns), len(values))] {
		row[column] = values[i]
	}
	return valueIn(row, q.column)
}

var noRow = answer{note: "the query has no row, which counts as 0"}

// valueIn returns the number in a column of a row. Rows of SQL have no columns
// that are null.
func valueIn(row map[string]any, column string) (answer, error) {
	switch value := row[column].(type) {
	case float64:
		return answer{value: value}, nil
	case nil:
		return answer{}, fmt.Errorf("column %q of the last row is null, or there is none", column)
	default:
		return answer{}, fmt.Errorf("column %q of the last row has no number", column)
	}
}
