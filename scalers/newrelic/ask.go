package newrelic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/line"
)

// A query is one of an account.
type query struct {
	url     string
	account int64
	nrql    string
}

// String implements fmt.Stringer.
func (q query) String() string { return fmt.Sprintf("query %q", line.Cut(line.Of(q.nrql), 100)) }

const nerdGraph = "query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql) { results } } } }"

// An answer is one of NerdGraph. What leads to the result may be null.
type answer struct {
	Data struct {
		Actor struct {
			Account struct {
				NRQL struct{ Results result } `json:"nrql"`
			}
		}
	}
	Errors []struct {
		Message    string
		Extensions struct{ ErrorClass string }
	}
}

func ask(ctx context.Context, c *httpsource.Client, q query) (result, error) {
	body, err := json.Marshal(map[string]any{
		"query": nerdGraph, "variables": map[string]any{"account": q.account, "nrql": q.nrql},
	})
	if err != nil {
		return nil, err
	}
	var a answer
	err = c.DoJSON(ctx, httpsource.Request{
		Method: http.MethodPost, URL: q.url, Header: http.Header{"Content-Type": {"application/json"}}, Body: body,
	}, &a)
	switch {
	case err != nil:
		return nil, err
	case len(a.Errors) > 0:
		return nil, classified(a.Errors[0].Extensions.ErrorClass, errors.New(c.Excerpt(a.Errors[0].Message)))
	case a.Data.Actor.Account.NRQL.Results == nil:
		return nil, errors.New("the answer has no results")
	}
	return a.Data.Actor.Account.NRQL.Results, nil
}

// classified says what NerdGraph's own word for a kind of errors means.
func classified(class string, err error) error {
	switch class {
	case "UNAUTHORIZED", "ACCESS_DENIED", "FORBIDDEN":
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case "TOO_MANY_REQUESTS":
		return &scalerkit.ThrottledError{Err: err}
	}
	return err
}

const noData = "the query has no result"

// A result has rows of named values.
type result []map[string]any

// number returns the number in the first row, nil if there is no data.
func (r result) number() (*float64, error) {
	if len(r) == 0 {
		return nil, nil
	}
	numbers := make(map[string]float64)
	other := collect("", r[0], numbers)
	switch names := slices.Sorted(maps.Keys(numbers)); {
	case len(names) == 1:
		value := numbers[names[0]]
		return &value, nil
	case len(names) > 1:
		return nil, fmt.Errorf("the result has %d numbers, %s: select one of them", len(names), line.Cut(strings.Join(names, ", "), 100))
	case other:
		return nil, errors.New("the result has no number")
	}
	return nil, nil
}

// collect adds the numbers in a value, by their paths, and reports whether there is
// anything else but null.
func collect(path string, value any, numbers map[string]float64) (other bool) {
	switch v := value.(type) {
	case float64:
		numbers[path] = v
	case map[string]any:
		for name, inner := range v {
			other = collect(strings.TrimPrefix(path+"."+name, "."), inner, numbers) || other
		}
	case nil:
	default:
		other = true
	}
	return other
}
