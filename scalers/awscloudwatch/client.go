package awscloudwatch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/scalerkit/scalerkit"
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

// share returns a share in the client for an Account.
func share(account Account, options scalerkit.Options) *scalerkit.Shared[*client] {
	key := account.Key()
	return scalerkit.Share(options.Pool, key, func(context.Context) (*client, error) {
		session := key.Open(options)
		return &client{
			Session:    session,
			cloudwatch: cloudwatch.NewFromConfig(session.Config),
			rejected:   make(map[query]bool),
		}, nil
	})
}

// ask returns an answer to each question, in their order. Equal questions are
// asked once, since CloudWatch charges for each.
func (c *client) ask(ctx context.Context, questions []question) []answer {
	answers := make([]answer, len(questions))
	askers := make(map[question][]int, len(questions)) // indices in questions
	var distinct []question
	for i, q := range questions {
		if askers[q] == nil {
			distinct = append(distinct, q)
		}
		askers[q] = append(askers[q], i)
	}
	calls := c.plan(distinct)
	results := make([][]answer, len(calls))
	each.Do(len(calls), aws.Connections, func(i int) { results[i] = c.call(ctx, calls[i]) })
	for i, call := range calls {
		for j, query := range call.queries {
			for _, asker := range askers[question{query, call.window}] {
				answers[asker] = results[i][j]
			}
		}
	}
	return answers
}

// A call is a set of queries about one window.
type call struct {
	window
	queries []query
}

// plan distributes questions over as few calls as possible. All queries of a
// call have their window in common, which is why those about different ones are
// not asked together: the answer to a wider question is another one wherever a
// query looks at its window as a whole.
func (c *client) plan(questions []question) []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var calls []call
	open := make(map[window]int) // index of the call that takes more queries
	for _, q := range questions {
		if !q.isBatchable() || c.rejected[q.query] {
			calls = append(calls, call{q.window, []query{q.query}})
			continue
		}
		i, ok := open[q.window]
		if !ok || len(calls[i].queries) == maxQueries {
			i = len(calls)
			open[q.window] = i
			calls = append(calls, call{window: q.window})
		}
		calls[i].queries = append(calls[i].queries, q.query)
	}
	return calls
}

// call returns the answers to the queries of one call. CloudWatch rejects a
// call as a whole if it finds fault with one query. That one is found by
// halving, and asked by itself from then on.
func (c *client) call(ctx context.Context, what call) []answer {
	answers := make([]answer, len(what.queries))
	series, err := c.getMetricData(ctx, what)
	rejected := aws.IsRejected(err)
	if rejected && len(what.queries) > 1 {
		half := len(what.queries) / 2
		first := c.call(ctx, call{what.window, what.queries[:half]})
		return append(first, c.call(ctx, call{what.window, what.queries[half:]})...)
	}
	if len(what.queries) == 1 {
		c.remember(what.queries[0], rejected)
	}
	for i := range answers {
		if err != nil {
			answers[i].err = err
		} else {
			answers[i] = series[i].finish()
		}
	}
	return answers
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
func (c *client) getMetricData(ctx context.Context, what call) ([]series, error) {
	start, end := time.Unix(what.start, 0), time.Unix(what.end, 0)
	in := &cloudwatch.GetMetricDataInput{
		StartTime:         &start,
		EndTime:           &end,
		ScanBy:            types.ScanByTimestampDescending,
		MetricDataQueries: make([]types.MetricDataQuery, len(what.queries)),
	}
	for i, q := range what.queries {
		in.MetricDataQueries[i] = q.data(idOf(i))
	}
	all := make([]series, len(what.queries))
	for {
		out, err := c.cloudwatch.GetMetricData(ctx, in)
		if err != nil {
			return nil, c.Explain(err)
		}
		for i := range out.MetricDataResults {
			r := &out.MetricDataResults[i]
			q, ok := indexOf(r.Id, len(all))
			if !ok {
				return nil, errors.New("CloudWatch answers a query that was not asked")
			}
			all[q].add(r, out.Messages)
		}
		switch {
		case out.NextToken == nil || *out.NextToken == "":
			return all, nil
		case in.NextToken != nil && *in.NextToken == *out.NextToken:
			return nil, errors.New("CloudWatch gives the same page over and over")
		}
		in.NextToken = out.NextToken
	}
}

// idOf returns the name of a query in a call. It has to begin with a small
// letter.
func idOf(index int) string { return "q" + strconv.Itoa(index) }

// indexOf is the inverse of idOf.
func indexOf(id *string, n int) (index int, ok bool) {
	if id == nil {
		return 0, false
	}
	digits, ok := strings.CutPrefix(*id, "q")
	index, err := strconv.Atoi(digits)
	return index, ok && err == nil && index >= 0 && index < n
}

// A series is what the pages of an answer say about one query. Of several time
// series that an expression gives it is the first: the query itself can say by
// ORDER BY and LIMIT which that is.
type series struct {
	answer
	begun    bool
	label    string
	status   types.StatusCode
	messages []types.MessageData
}

func (s *series) add(r *types.MetricDataResult, messages []types.MessageData) {
	label := ""
	if r.Label != nil {
		label = *r.Label
	}
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
		if s.at.IsZero() || at.After(s.at) {
			s.value, s.at = r.Values[i], at
		}
	}
}

// finish returns the answer, which is an error unless CloudWatch says that it
// is complete.
func (s *series) finish() answer {
	if s.err != nil || !s.begun || s.status == types.StatusCodeComplete {
		return s.answer
	}
	err := fmt.Errorf("the answer of CloudWatch is not complete: %s", s.explanation())
	if s.status == types.StatusCodeForbidden {
		err = fmt.Errorf("%w: %s", scalerkit.ErrDenied, s.explanation())
	}
	return answer{err: err}
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
