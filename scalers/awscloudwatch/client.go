package awscloudwatch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/internal/each"
)

// maxQueries is how many queries GetMetricData takes in one call.
const maxQueries = 500

// A client asks CloudWatch on behalf of all triggers with one Account.
type client struct {
	*aws.Session
	cloudwatch *cloudwatch.Client

	mu       sync.Mutex
	rejected map[query]bool // those that CloudWatch found fault with, the last time
}

func newClient(session *aws.Session) *client {
	return &client{
		Session:    session,
		cloudwatch: cloudwatch.NewFromConfig(session.Config),
		rejected:   make(map[query]bool),
	}
}

// ask puts questions, in as few calls as possible.
func ask(ctx context.Context, c *client, questions []question) ([]driver.Answer[point], error) {
	answers := make([]driver.Answer[point], len(questions))
	calls := c.plan(questions, answers)
	each.Do(len(calls), aws.Connections, func(i int) { c.call(ctx, calls[i].window, calls[i].queries) })
	return answers, nil
}

// A call is a set of queries about one window.
type call struct {
	window
	queries []asked
}

// An asked query has a place for its answer.
type asked struct {
	query
	answer *driver.Answer[point]
}

// plan distributes questions over calls. All queries of a call have their window
// in common, which is why those about different ones are not asked together: the
// answer to a wider question is another one wherever a query looks at its window
// as a whole.
func (c *client) plan(questions []question, answers []driver.Answer[point]) []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var calls []call
	open := make(map[window]int) // index of the call that takes more queries
	now := time.Now()
	for i, q := range questions {
		w, query := q.at(now), asked{q.query, &answers[i]}
		if !q.isBatchable() || c.rejected[q.query] {
			calls = append(calls, call{w, []asked{query}})
			continue
		}
		at, ok := open[w]
		if !ok || len(calls[at].queries) == maxQueries {
			at = len(calls)
			open[w] = at
			calls = append(calls, call{window: w})
		}
		calls[at].queries = append(calls[at].queries, query)
	}
	return calls
}

// call answers the queries of one call. CloudWatch rejects a call as a whole if
// it finds fault with one query. That one is found by halving, and asked by
// itself from then on.
func (c *client) call(ctx context.Context, w window, queries []asked) {
	all, err := c.getMetricData(ctx, w, queries)
	rejected := aws.IsRejected(err)
	switch half := len(queries) / 2; {
	case half == 0:
		c.remember(queries[0].query, rejected)
	case rejected:
		c.call(ctx, w, queries[:half])
		c.call(ctx, w, queries[half:])
		return
	}
	for i, q := range queries {
		if err != nil {
			q.answer.Err = err
		} else {
			q.answer.Value, q.answer.Err = all[i].finish()
		}
	}
}

func (c *client) remember(q query, rejected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rejected && q.isBatchable() {
		c.rejected[q] = true
	} else {
		delete(c.rejected, q)
	}
}

// getMetricData makes a call, page by page, and returns a series for each
// query.
func (c *client) getMetricData(ctx context.Context, w window, queries []asked) ([]series, error) {
	start, end := time.Unix(w.start, 0), time.Unix(w.end, 0)
	in := &cloudwatch.GetMetricDataInput{
		StartTime:         &start,
		EndTime:           &end,
		ScanBy:            types.ScanByTimestampDescending,
		MetricDataQueries: make([]types.MetricDataQuery, len(queries)),
	}
	all := make([]series, len(queries))
	byID := make(map[string]*series, len(queries))
	for i, q := range queries {
		id := "q" + strconv.Itoa(i) // it has to begin with a small letter
		in.MetricDataQueries[i], byID[id] = q.data(id), &all[i]
	}
	for {
		out, err := c.cloudwatch.GetMetricData(ctx, in)
		if err != nil {
			return nil, c.Explain(err)
		}
		for i := range out.MetricDataResults {
			r := &out.MetricDataResults[i]
			s := byID[sdk.ToString(r.Id)]
			if s == nil {
				return nil, errors.New("CloudWatch answers a query that was not asked")
			}
			s.add(r, out.Messages)
		}
		switch sdk.ToString(out.NextToken) {
		case "":
			return all, nil
		case sdk.ToString(in.NextToken):
			return nil, errors.New("CloudWatch gives the same page over and over")
		}
		in.NextToken = out.NextToken
	}
}

// A series is what the pages of an answer say about one query. Of several time
// series that an expression gives it is the first: the query itself can say by
// ORDER BY and LIMIT which that is.
type series struct {
	newest   point
	err      error
	begun    bool
	label    string
	status   types.StatusCode
	messages []types.MessageData
}

func (s *series) add(r *types.MetricDataResult, messages []types.MessageData) {
	label := sdk.ToString(r.Label)
	if s.begun && s.label != label {
		return
	}
	s.begun, s.label, s.status = true, label, r.StatusCode
	s.messages = append(r.Messages, messages...)
	if len(r.Timestamps) != len(r.Values) {
		s.err = fmt.Errorf("CloudWatch answers with %d values for %d times", len(r.Values), len(r.Timestamps))
		return
	}
	for i, at := range r.Timestamps {
		if s.newest.at.IsZero() || at.After(s.newest.at) {
			s.newest = point{r.Values[i], at}
		}
	}
}

// finish returns the answer, which is an error unless CloudWatch says that it
// is complete.
func (s *series) finish() (point, error) {
	switch {
	case s.err != nil || !s.begun || s.status == types.StatusCodeComplete:
		return s.newest, s.err
	case s.status == types.StatusCodeForbidden:
		return point{}, fmt.Errorf("%w: %s", scalerkit.ErrDenied, s.explanation())
	}
	return point{}, fmt.Errorf("the answer of CloudWatch is not complete: %s", s.explanation())
}

// explanation is the status and whatever CloudWatch has to say about it.
func (s *series) explanation() string {
	text := string(s.status)
	for _, m := range s.messages {
		if m.Value != nil {
			text += ": " + *m.Value
		}
	}
	return text
}
