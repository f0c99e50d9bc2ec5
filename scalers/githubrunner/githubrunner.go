package githubrunner

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/line"
)

var trigger = driver.Type[Config]{Name: "github-runner", Open: open}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type github-runner.
func Driver() scalerkit.Driver { return trigger.Driver() }

var source = driver.Source[*connection, question, answer]{Name: "github-runner", Ask: ask}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	m := driver.MetricOf(c, "github-runner", c.Owner)
	m.InFlight = true
	key := server{c.Server, *c.ETags}
	return source.New(o, driver.Plan[*connection, question, answer]{
		Metric:   m,
		Question: c.question,
		Key:      key,
		Open:     func(context.Context) (*connection, error) { return connect(key, o) },
		Read:     c.read,
	}), nil
}

// A question is for the jobs of some repositories, whatever their labels.
type question struct {
	owner string
	list  string // where their names are, if repos is empty
	repos string // as owner/name, with blanks between

	enterprise bool
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("jobs of %q", q.owner) }

// An answer has the jobs of workflow runs that are not done. Some of the jobs may be.
type answer struct {
	jobs []element
	note string
}

// read counts the jobs that a runner of the trigger may take.
func (c *Config) read(a answer) (scalerkit.Reading, error) {
	r := scalerkit.Reading{Note: a.note}
	for _, job := range a.jobs {
		if (job.Status == "queued" || job.Status == "in_progress") && c.fits(job.Labels) {
			r.Value++
		}
	}
	return r, nil
}

// ask lists each repository once for all questions.
func ask(ctx context.Context, c *connection, questions []question) ([]driver.Answer[answer], error) {
	named := httpsource.Each(ctx, c.Client, questions, c.repositories)
	var repos []string
	for _, names := range named {
		repos = append(repos, names.Value...)
	}
	slices.Sort(repos)
	repos = slices.Compact(repos)
	jobs := make(map[string]driver.Answer[[]element])
	for i, a := range httpsource.Each(ctx, c.Client, repos, c.jobs) {
		jobs[repos[i]] = a
	}
	answers := make([]driver.Answer[answer], len(questions))
	for i, names := range named {
		a := &answers[i]
		if a.Err = names.Err; a.Err == nil {
			a.Value, a.Err = merge(names.Value, jobs)
		}
		a.Value.note = strings.Trim(a.Value.note+"; "+c.limit.note(time.Now()), "; ")
	}
	return answers, nil
}

// merge returns the jobs of some repositories.
func merge(repos []string, jobs map[string]driver.Answer[[]element]) (answer, error) {
	var a answer
	var missing []string
	for _, repo := range repos {
		if err := jobs[repo].Err; errors.Is(err, scalerkit.ErrNotFound) {
			missing = append(missing, repo)
		} else if err != nil {
			return answer{}, err
		}
		a.jobs = append(a.jobs, jobs[repo].Value...)
	}
	switch names := line.Cut(strings.Join(missing, ", "), 100); {
	case len(missing) > 0 && len(missing) == len(repos):
		return answer{}, fmt.Errorf("%w: there is no repository %s, or the credentials may not see it", scalerkit.ErrNotFound, names)
	case len(missing) > 0:
		a.note = "not counted, since not there or not for the credentials to see: " + names
	}
	return a, nil
}

// repositories returns the names of those of a question, as owner/name.
func (c *connection) repositories(ctx context.Context, _ *httpsource.Client, q question) ([]string, error) {
	if q.repos != "" {
		return strings.Fields(q.repos), nil
	}
	found, err := c.list(ctx, q.list)
	if q.enterprise && errors.Is(err, scalerkit.ErrNotFound) {
		return nil, fmt.Errorf("GitHub has no list of the repositories of an enterprise: name them in repos, as owner/name: %w", err)
	}
	names := make([]string, len(found))
	for i, r := range found {
		names[i] = r.Name
	}
	return names, err
}

// jobs returns the jobs of the workflow runs of a repository that are not done. Each
// run counts once: one that begins meanwhile is in both lists.
func (c *connection) jobs(ctx context.Context, _ *httpsource.Client, repo string) ([]element, error) {
	path := "/repos/" + strings.ReplaceAll(url.PathEscape(repo), "%2F", "/") + "/actions/runs"
	var runs []int64
	for _, status := range []string{"queued", "in_progress"} {
		found, err := c.list(ctx, path+"?status="+status+"&")
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			runs = append(runs, r.ID)
		}
	}
	slices.Sort(runs)
	var jobs []element
	for _, of := range httpsource.Each(ctx, c.Client, slices.Compact(runs), func(ctx context.Context, _ *httpsource.Client, id int64) ([]element, error) {
		return c.list(ctx, fmt.Sprintf("%s/%d/jobs?", path, id))
	}) {
		if of.Err != nil && !errors.Is(of.Err, scalerkit.ErrNotFound) { // a run may be deleted meanwhile
			return nil, of.Err
		}
		jobs = append(jobs, of.Value...)
	}
	return jobs, nil
}
