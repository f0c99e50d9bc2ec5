// Package promquery asks servers with the query API of Prometheus, which others
// have, too: Loki at /loki/api/v1/query.
package promquery

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A Query is for a [httpsource.Source] to ask, by [Ask].
type Query struct {
	Text       string
	URL        string // of the API, without parameters
	Parameters string // more of them, as [url.Values] encodes them
	Header     string // likewise
	Partial    bool   // half an answer will do
}

// String implements fmt.Stringer.
func (q Query) String() string {
	const most = 100 // characters of a query that may have thousands
	if runes := []rune(q.Text); len(runes) > most {
		return fmt.Sprintf("query %q …", string(runes[:most]))
	}
	return fmt.Sprintf("query %q", q.Text)
}

// maxURL is how many bytes of a URL everybody should take, by RFC 9110, less
// some for a key in it.
const maxURL = 7000

// Ask puts a query, by POST if that would make the URL too long.
func Ask(ctx context.Context, c *httpsource.Client, q Query) (Result, error) {
	a, excerpt, err := ask(ctx, c, q)
	if err != nil {
		return Result{}, err
	}
	return a.result(q.Partial, excerpt)
}

// ask puts a query. What is from the answer goes through excerpt before it is told.
func ask(ctx context.Context, c *httpsource.Client, q Query) (a answer, excerpt func(string) string, err error) {
	header, err := url.ParseQuery(q.Header)
	if err != nil {
		return a, nil, err
	}
	query := url.Values{"query": {q.Text}}.Encode()
	r := httpsource.Request{
		URL:     q.URL + "?" + strings.Trim(query+"&"+q.Parameters, "&"),
		Header:  http.Header(header),
		Secrets: slices.Concat(slices.Collect(maps.Values(header))...),
	}
	if len(r.URL) > maxURL {
		r.Method, r.URL, r.Body = http.MethodPost, strings.TrimSuffix(q.URL+"?"+q.Parameters, "?"), []byte(query)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if err := c.DoJSON(ctx, r, &a); err != nil {
		return a, nil, err
	}
	return a, func(text string) string { return c.Excerpt(text, r.Secrets...) }, nil
}
