package githubrunner

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// A connection asks one server with one identity.
type connection struct {
	*httpsource.Client
	server
	known httpsource.Conditional[[]element]
	limit limit
}

// A server is what triggers have in common that share a connection.
type server struct {
	Server
	ETags bool
}

func connect(s server, o scalerkit.Options) (c *connection, err error) {
	const atATime = 16 // GitHub takes it ill if there are many
	s.URL = strings.TrimRight(s.URL, "/")
	c = &connection{server: s}
	settings := httpsource.Settings{Access: s.Link.Access(nil), Connections: atATime, Classify: c.classify}
	if s.Credential == nil {
		credentials := httpsource.Header("Authorization", "Bearer ", s.Token)
		if s.App.IsSet() {
			if credentials, err = s.App.Authenticator(s.URL, settings.Access, o); err != nil {
				return nil, err
			}
		}
		settings.Authenticators = []httpsource.Authenticator{credentials}
	}
	c.Client, err = httpsource.New(settings, o)
	return c, err
}

// classify looks at an answer without success.
func (c *connection) classify(status int, h http.Header, body []byte) error {
	now := time.Now()
	c.limit.update(status, h, string(body), now)
	if status == http.StatusForbidden || status == http.StatusTooManyRequests {
		return c.limit.wait(now)
	}
	return nil
}

// An element of a list is a repository, a workflow run or a job.
type element struct {
	ID     int64
	Name   string `json:"full_name"` // of a repository: owner/name
	Status string
	Labels []string
}

var header = http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}}

// list returns what is on all pages of a list, each element once: one may move to
// the next page meanwhile. The path ends with "?" or "&".
func (c *connection) list(ctx context.Context, path string) ([]element, error) {
	const perPage = 100 // the most that GitHub takes
	known := &c.known
	if !c.ETags {
		known = new(httpsource.Conditional[[]element])
	}
	var all []element
	for n := 1; ; n++ {
		if err := c.limit.wait(time.Now()); err != nil {
			return nil, err
		}
		url := fmt.Sprintf("%s%sper_page=%d&page=%d", c.URL, path, perPage, n)
		page, err := known.Do(ctx, c.Client, httpsource.Request{URL: url, Header: header}, c.decode)
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); len(page) < perPage {
			slices.SortFunc(all, func(a, b element) int { return cmp.Compare(a.ID, b.ID) })
			return slices.CompactFunc(all, func(a, b element) bool { return a.ID == b.ID }), nil
		}
	}
}

// decode returns the list in an answer.
func (c *connection) decode(r *httpsource.Response) ([]element, error) {
	c.limit.update(r.Status, r.Header, "", time.Now())
	var all []element
	var in struct {
		Runs []element `json:"workflow_runs"`
		Jobs []element
	}
	err := json.Unmarshal(r.Body, &in)
	if bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("[")) { // of repositories
		err = json.Unmarshal(r.Body, &all)
	} else if all = in.Runs; all == nil {
		all = in.Jobs
	}
	if err == nil && (all == nil || slices.ContainsFunc(all, func(e element) bool { return e.ID == 0 })) {
		err = errors.New("it has no list of things with an id")
	}
	return all, err
}
