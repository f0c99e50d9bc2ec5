package forgejorunner

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on the jobs that wait for runners with certain labels.
type Config struct {
	Address string           `scaler:"address,required" format:"server" doc:"URL of the server"`
	Token   scalerkit.Secret `scaler:"token" from:"auth,env" doc:"access token"`
	httpsource.Link

	Labels     []string `scaler:"labels,required" doc:"labels of the runner"`
	Owner      string   `scaler:"owner" doc:"owner of the repository in repo"`
	Repo       string   `scaler:"repo" doc:"repository of which the jobs count"`
	Org        string   `scaler:"org" doc:"organisation of which the jobs count"`
	Global     bool     `scaler:"global" doc:"the jobs of the whole server count, for which the token has to be an administrator's"`
	Name       string   `scaler:"name" doc:"name of the runner; has no effect"`
	MetricType scalerkit.TargetKind
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	p.Together(&c.Owner, &c.Repo)
	if c.Credential == nil {
		p.Require(&c.Token, "requests need it")
	}
}

var trigger = driver.Type[Config]{Name: "forgejo-runner", Open: open}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type forgejo-runner.
func Driver() scalerkit.Driver { return trigger.Driver() }

var source = httpsource.Source[question, int64]{Name: "forgejo-runner", Ask: ask}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	m := driver.MetricOf(c, "forgejo")
	m.Target.Value = 1 // a runner takes one job
	return source.New(o, httpsource.Plan[question, int64]{
		Metric:   m,
		Question: question{c.url(), strings.Join(c.Labels, ",")},
		Server:   c.Address,
		Access:   c.Link.Access(httpsource.Header("Authorization", "token ", c.Token)),
	})
}

// url returns that of the jobs.
func (c *Config) url() string {
	scope := "/user/actions/runners"
	switch {
	case c.Repo != "":
		scope = "/repos/" + url.PathEscape(c.Owner) + "/" + url.PathEscape(c.Repo) + "/actions/runners"
	case c.Org != "":
		scope = "/orgs/" + url.PathEscape(c.Org) + "/actions/runners"
	case c.Global:
		scope = "/admin/runners"
	}
	return strings.TrimRight(c.Address, "/") + "/api/v1" + scope + "/jobs"
}

// A question is for the jobs that wait for labels.
type question struct{ url, labels string }

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("jobs for %q", q.labels) }

// ask returns how many jobs there are. No list, as the server has it, is none.
func ask(ctx context.Context, c *httpsource.Client, q question) (int64, error) {
	response, err := c.Do(ctx, httpsource.Request{URL: q.url + "?" + url.Values{"labels": {q.labels}}.Encode()})
	if err != nil {
		return 0, err
	}
	var jobs []struct{ ID int64 }
	if err := json.Unmarshal(response.Body, &jobs); err != nil {
		return 0, fmt.Errorf("GET %s: the answer is not the JSON that it should be: %w", q.url, err)
	}
	return int64(len(jobs)), nil
}
