package githubrunner

import (
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/githubapp"
)

// Config describes a trigger on the jobs for runners with certain labels.
type Config struct {
	Server

	Owner      string   `scaler:"owner,required" from:"metadata,env" doc:"organisation or user that the repositories belong to"`
	Scope      string   `scaler:"runnerScope,required" from:"metadata,env" enum:"org|ent|repo" doc:"what the runners are registered with"`
	Repos      []string `scaler:"repos" from:"metadata,env" doc:"repositories, by name or, if they belong to another owner, as owner/name; all of the owner if there are none"`
	Labels     []string `scaler:"labels" from:"metadata,env" doc:"labels of the runner"`
	NoDefault  bool     `scaler:"noDefaultLabels" from:"metadata,env" doc:"the runner does not have the labels self-hosted, linux and x64 besides"`
	Unlabeled  bool     `scaler:"matchUnlabeledJobsWithUnlabeledRunners" from:"metadata,env" doc:"a job without labels counts only if there are no labels here either"`
	Jobs       int      `scaler:"targetWorkflowQueueLength,target" from:"metadata,env" default:"1" min:"1" doc:"target: jobs per replica"`
	ETags      *bool    `scaler:"enableEtags" from:"metadata,env" default:"true" doc:"ask whether an answer has changed, which GitHub does not charge for if it has not"`
	MetricType scalerkit.TargetKind

	question question
	labels   map[string]bool // what a job may ask for, in lower case
}

// Server is whom to ask, and who asks. Triggers with equal Servers are read
// together.
type Server struct {
	URL   string           `scaler:"githubApiURL" from:"metadata,env" default:"https://api.github.com" format:"server" doc:"URL of the API; https://HOST/api/v3 for GitHub Enterprise Server"`
	Token scalerkit.Secret `scaler:"personalAccessToken" from:"auth" doc:"personal access token; this or a GitHub App"`
	App   githubapp.App
	httpsource.Link
}

// Parse implements driver.Parser.
func (s *Server) Parse(p *driver.Problems) {
	if s.Credential == nil && !s.App.IsSet() {
		p.Require(&s.Token, "requests need it, or applicationID, installationID and appKey of a GitHub App")
	}
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	of := map[string]string{"org": "/orgs/", "ent": "/orgs/", "repo": "/users/"}
	c.question = question{owner: c.Owner, list: of[c.Scope] + url.PathEscape(c.Owner) + "/repos?", enterprise: c.Scope == "ent"}
	var repos []string
	for _, name := range c.Repos {
		if !strings.Contains(name, "/") {
			name = c.Owner + "/" + name
		}
		if owner, repo, _ := strings.Cut(name, "/"); owner == "" || repo == "" || strings.ContainsAny(repo, "/ ") {
			p.Add(&c.Repos, "has %q, which is neither the name of a repository nor owner/name", name)
		}
		repos = append(repos, name)
	}
	slices.Sort(repos)
	c.question.repos = strings.Join(slices.Compact(repos), " ")

	labels := c.Labels
	if !c.NoDefault {
		labels = append([]string{"self-hosted", "linux", "x64"}, labels...) // GitHub gives them to a runner
	}
	c.labels = make(map[string]bool)
	for _, label := range labels {
		c.labels[strings.ToLower(label)] = true
	}
}

// fits reports whether a runner of the trigger may take a job with those labels.
func (c *Config) fits(job []string) bool {
	if len(job) == 0 {
		return !c.Unlabeled || len(c.Labels) == 0
	}
	return !slices.ContainsFunc(job, func(label string) bool { return !c.labels[strings.ToLower(label)] })
}
