package azurepipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// scope is what tokens are for: the id of Azure DevOps in every tenant.
const scope = "499b84ac-1321-427f-aa17-267ca6975798/.default"

// New returns a Scaler that counts the jobs of an agent pool. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type azure-pipelines.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-pipelines", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	q := pool{server: c.server, name: c.PoolName}
	if q.name == "" {
		q.id = *c.PoolID
	}
	switch {
	case c.FetchUnfinishedJobsOnly:
		q.query = "?completedRequestCount=0"
	case c.Parent == "":
		q.query = "?$top=250" // with which there are no matched agents
		if c.JobsToFetch != nil {
			q.query = "?$top=" + strconv.FormatInt(*c.JobsToFetch, 10)
		}
	}
	settings := httpsource.Settings{Classify: azure.Classify}
	if c.PersonalAccessToken.IsSet() {
		settings.Access = httpsource.Access{Modes: []string{httpsource.ModeBasic}, Password: c.PersonalAccessToken}
	} else {
		who := c.principal
		settings.Identity = func() httpsource.Authenticator { return who.Authenticator(scope, o) }
	}
	metric := driver.MetricOf(c, "azure-pipelines", cmp.Or(q.name, strconv.FormatInt(q.id, 10)))
	metric.InFlight = *c.ScaleOnInFlight
	return source.New(o, driver.Plan[*client, pool, []job]{
		Metric: metric, Question: q, Key: c.Access, Read: c.read,
		Open: func(context.Context) (*client, error) {
			http, err := httpsource.New(settings, o)
			return &client{Client: http, ids: make(map[string]int64)}, err
		},
	}), nil
}

var source = driver.Source[*client, pool, []job]{Name: "azure-pipelines", Ask: func(ctx context.Context, c *client, pools []pool) ([]driver.Answer[[]job], error) {
	return httpsource.Each(ctx, c.Client, pools, func(ctx context.Context, _ *httpsource.Client, q pool) ([]job, error) { return c.jobs(ctx, q) }), nil
}}

// A pool is whose jobs are asked for, by its name, or else by its id, and how.
type pool struct {
	server, name string
	id           int64
	query        string
}

func (q pool) String() string {
	if q.name == "" {
		return fmt.Sprintf("jobs of pool %d", q.id)
	}
	return fmt.Sprintf("jobs of pool %q", q.name)
}

// A job is what a pool has, had or will have an agent do.
type job struct {
	Result        *string
	ReceiveTime   *string // when an agent took it
	Demands       []string
	MatchedAgents []struct{ Name string }
}

func (c *Config) read(jobs []job) (r scalerkit.Reading, err error) {
	for _, j := range jobs {
		if c.counts(j) {
			r.Value++
		}
	}
	return r, nil
}

func (c *Config) counts(j job) bool {
	if j.Result != nil || j.ReceiveTime != nil && !*c.ScaleOnInFlight {
		return false
	}
	if c.Parent != "" {
		return slices.ContainsFunc(j.MatchedAgents, func(a struct{ Name string }) bool { return a.Name == c.Parent })
	}
	demanded := c.normal(j.Demands)
	switch {
	case len(c.Demands) == 0:
		return true
	case c.RequireAll:
		return slices.Equal(c.demands, demanded)
	case c.RequireAllAndIgnoreOthers:
		return within(c.demands, demanded)
	}
	return within(demanded, c.demands)
}

// within reports whether all of some are among others.
func within(some, others []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(others, s) })
}

// A client asks one organization.
type client struct {
	*httpsource.Client

	mu  sync.Mutex
	ids map[string]int64 // of pools, by name
}

func (c *client) jobs(ctx context.Context, q pool) ([]job, error) {
	id := q.id
	if q.name != "" {
		var err error
		if id, err = c.id(ctx, q); err != nil {
			return nil, err
		}
	}
	jobs, err := list[job](ctx, c.Client, fmt.Sprintf("%s/_apis/distributedtask/pools/%d/jobrequests%s", q.server, id, q.query))
	if errors.Is(err, scalerkit.ErrNotFound) {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.ids, q.name) // there may be another of this name
	}
	return jobs, err
}

// id returns the id of a pool that is called by its name.
func (c *client) id(ctx context.Context, q pool) (int64, error) {
	c.mu.Lock()
	id, known := c.ids[q.name]
	c.mu.Unlock()
	if known {
		return id, nil
	}
	pools, err := list[struct{ ID *int64 }](ctx, c.Client, q.server+"/_apis/distributedtask/pools?poolName="+url.QueryEscape(q.name))
	switch {
	case err != nil:
		return 0, err
	case len(pools) == 0:
		return 0, fmt.Errorf("%w: there is no pool of this name, or it is hidden", scalerkit.ErrNotFound)
	case len(pools) > 1:
		return 0, fmt.Errorf("there are %d pools of this name", len(pools))
	case pools[0].ID == nil:
		return 0, errors.New("the answer does not say what the id of the pool is")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids[q.name] = *pools[0].ID
	return *pools[0].ID, nil
}

// list returns what there is at a URL.
func list[T any](ctx context.Context, c *httpsource.Client, address string) ([]T, error) {
	r := httpsource.Request{URL: address, Header: http.Header{
		"Accept":                {"application/json"},
		"X-TFS-FedAuthRedirect": {"Suppress"}, // no sign-in page
	}}
	response, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if response.Status == http.StatusNonAuthoritativeInfo {
		return nil, fmt.Errorf("%v: %w: the answer is a page to sign in on", r, scalerkit.ErrDenied)
	}
	var answer struct{ Value []T }
	if err := json.Unmarshal(response.Body, &answer); err != nil {
		return nil, fmt.Errorf("%v: the answer is not the JSON that it should be: %w", r, err)
	}
	if answer.Value == nil {
		return nil, fmt.Errorf("%v: the answer has no list", r)
	}
	return answer.Value, nil
}
