package dynatrace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/locate"
	"github.com/scalerkit/scalerkit/internal/line"
)

// atATime is how many queries are under way side by side: most of its time each
// waits.
const atATime = 32

var (
	selectors = httpsource.Source[selector, value]{Name: "dynatrace", Ask: ask}
	queries   = driver.Source[*httpsource.Client, query, value]{Name: "dynatrace-query", Ask: driver.SideBySide(atATime, askQuery)}
)

// A selector is for a metric since some time.
type selector struct{ url, text, from string }

// String implements fmt.Stringer.
func (s selector) String() string { return fmt.Sprintf("metric %q", line.Cut(s.text, 100)) }

func ask(ctx context.Context, c *httpsource.Client, s selector) (value, error) {
	parameters := url.Values{"metricSelector": {s.text}, "from": {s.from}}
	var answer struct {
		Result []struct {
			Data []struct {
				Timestamps []int64 // in milliseconds
				Values     []*float64
			}
		}
	}
	if err := c.GetJSON(ctx, s.url+"/api/v2/metrics/query?"+parameters.Encode(), &answer); err != nil {
		return value{}, err
	}
	if len(answer.Result) == 0 || len(answer.Result[0].Data) == 0 || len(answer.Result[0].Data[0].Values) == 0 {
		return value{}, fmt.Errorf("%w: the result has no point", scalerkit.ErrNotFound)
	}
	data := answer.Result[0].Data
	if data[0].Values[0] == nil {
		return value{}, fmt.Errorf("%w: the first point of the result has no value", scalerkit.ErrNotFound)
	}
	v := value{value: *data[0].Values[0]}
	if len(data[0].Timestamps) > 0 {
		v.time = time.UnixMilli(data[0].Timestamps[0])
	}
	if n := len(data[0].Values); n > 1 || len(data) > 1 {
		v.note = fmt.Sprintf("the result has %d series, the first of %d points, of which the oldest counts", len(data), n)
	}
	return v, nil
}

// A query is in DQL.
type query struct {
	url, text           string
	fetchTimeout, tries int
	wait                time.Duration
}

// String implements fmt.Stringer.
func (q query) String() string { return fmt.Sprintf("query %q", line.Cut(line.Of(q.text), 100)) }

// A state is that of a query.
type state struct {
	State        string
	RequestToken string
}

func askQuery(ctx context.Context, c *httpsource.Client, q query) (value, error) {
	path := q.url + "/platform/storage/query/v1/query"
	body, err := json.Marshal(map[string]any{"query": q.text, "fetchTimeoutSeconds": q.fetchTimeout})
	if err != nil {
		return value{}, err
	}
	response, s, err := send(ctx, c, httpsource.Request{
		Method: http.MethodPost, URL: path + ":execute", Header: http.Header{"Content-Type": {"application/json"}}, Body: body,
	})
	token := s.RequestToken
	for try := 0; ; try++ {
		switch {
		case err != nil:
			return value{}, err
		case s.State == "SUCCEEDED" && (try > 0 || response.Status != http.StatusAccepted):
			return result(response.Body)
		case s.State != "RUNNING" && s.State != "NOT_STARTED" && s.State != "SUCCEEDED":
			return value{}, fmt.Errorf("the state of the query is %q", c.Excerpt(s.State))
		case token == "":
			return value{}, errors.New("the answer has no requestToken")
		case try == q.tries:
			return value{}, fmt.Errorf("the query is not done after it was asked for %d times", q.tries)
		case try > 0:
			if err := pause(ctx, q.wait); err != nil {
				return value{}, err
			}
		}
		response, s, err = send(ctx, c, httpsource.Request{URL: path + ":poll?request-token=" + url.QueryEscape(token)})
	}
}

// send returns the answer to a request, and the state in it.
func send(ctx context.Context, c *httpsource.Client, r httpsource.Request) (*httpsource.Response, state, error) {
	var s state
	response, err := c.Do(ctx, r)
	if err != nil {
		return nil, s, err
	}
	if err := json.Unmarshal(response.Body, &s); err != nil {
		return nil, s, fmt.Errorf("%v: the answer is not the JSON that it should be: %w", r, err)
	}
	return response, s, nil
}

// result returns the field r of the first record.
func result(body []byte) (value, error) {
	const path = "result.records.0.r"
	number, err := locate.JSON(body, path)
	if err != nil {
		return value{}, fmt.Errorf("%s in the answer: %w", path, err)
	}
	return value{value: number}, nil
}

// pause waits, or returns the error of ctx.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
