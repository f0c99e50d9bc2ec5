package seleniumgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A question is for the state of a Grid. What it needs, is each trigger's own
// affair.
type question struct{ url string }

// String implements fmt.Stringer.
func (question) String() string { return "nodes and queue" }

// A grid is the state of one.
type grid struct {
	nodes   []node
	waiting []capabilities // of each request for a session
}

// A node is one of the Grid's.
type node struct {
	up       bool
	free     int // sessions that it could take besides those it has
	slots    []slots
	sessions []capabilities // of the slot of each session
}

// slots are those of a node that are alike.
type slots struct {
	Slots      int
	Stereotype capabilities
}

// query is in GraphQL. What depends on the browser, such as capabilities, is text
// in the answer, with JSON in it.
const query = `{ nodesInfo { nodes { status, sessionCount, maxSession, stereotypes, sessions { slot { stereotype } } } }, sessionsInfo { sessionQueueRequests } }`

// An answer is to the query.
type answer struct {
	Errors []struct{ Message string }
	Data   struct {
		NodesInfo *struct {
			Nodes []struct {
				Status                   string
				SessionCount, MaxSession int
				Stereotypes              string
				Sessions                 []struct{ Slot struct{ Stereotype string } }
			}
		}
		SessionsInfo *struct{ SessionQueueRequests []string }
	}
}

func ask(ctx context.Context, c *httpsource.Client, q question) (*grid, error) {
	body, _ := json.Marshal(map[string]string{"query": query}) // of texts, which does not fail
	var a answer
	if err := c.DoJSON(ctx, httpsource.Request{
		Method: http.MethodPost, URL: q.url, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
	}, &a); err != nil {
		return nil, err
	}
	switch {
	case len(a.Errors) > 0:
		return nil, errors.New("the Grid failed: " + c.Excerpt(a.Errors[0].Message))
	case a.Data.NodesInfo == nil || a.Data.SessionsInfo == nil:
		return nil, errors.New("the answer does not have the nodes and the queue of a Grid")
	}
	return a.grid()
}

// grid decodes the JSON within the answer.
func (a *answer) grid() (*grid, error) {
	g := &grid{waiting: make([]capabilities, len(a.Data.SessionsInfo.SessionQueueRequests))}
	for i, text := range a.Data.SessionsInfo.SessionQueueRequests {
		if err := decode("a request", text, &g.waiting[i]); err != nil {
			return nil, err
		}
	}
	for _, n := range a.Data.NodesInfo.Nodes {
		one := node{up: n.Status == "UP", free: n.MaxSession - n.SessionCount, sessions: make([]capabilities, len(n.Sessions))}
		if err := decode("a node", n.Stereotypes, &one.slots); err != nil {
			return nil, err
		}
		for i, s := range n.Sessions {
			if err := decode("a session", s.Slot.Stereotype, &one.sessions[i]); err != nil {
				return nil, err
			}
		}
		g.nodes = append(g.nodes, one)
	}
	return g, nil
}

func decode(of, text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("the capabilities of %s are not the JSON that they should be: %w", of, err)
	}
	return nil
}
