package azurepipelines

import (
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// Entra is the part of an Access that says who asks if that is somebody whom Entra
// gives tokens.
type Entra = azure.Entra

// A ServicePrincipal is an application that asks, as the azureServicePrincipal of a
// TriggerAuthentication delivers it.
type ServicePrincipal = azure.ServicePrincipal

// Access is the part of the parameters that says where the organization is, and
// who asks. Triggers with equal Accesses share connections.
type Access struct {
	Entra
	OrganizationURL     string           `scaler:"organizationURL,required" from:"env,auth,metadata" format:"server" doc:"URL of the organization, such as https://dev.azure.com/shop"`
	PersonalAccessToken scalerkit.Secret `scaler:"personalAccessToken" from:"auth,env" doc:"personal access token; comes before a pod identity"`
	ServicePrincipal    ServicePrincipal

	server    string
	principal azure.Principal // if there is no PersonalAccessToken
}

// Parse implements [driver.Parser].
func (a *Access) Parse(p *driver.Problems) {
	a.server = strings.TrimRight(a.OrganizationURL, "/")
	if u, err := url.Parse(a.server); err == nil && u.Host == "dev.azure.com" && u.Path == "" {
		p.Add(&a.OrganizationURL, "names no organization: want https://dev.azure.com/ORGANIZATION")
	}
	cloud, ok := a.ParseCloud(p, &a.OrganizationURL)
	switch {
	case a.PersonalAccessToken.IsSet():
	case a.IsSet():
		a.principal = a.Entra.Principal()
		if ok {
			a.CheckToken(p, &a.OrganizationURL, a.server, cloud.DevOps)
		}
	case a.ServicePrincipal.IsSet():
		a.principal = a.ServicePrincipal.Principal(p)
	default:
		p.Add(&a.PersonalAccessToken, "is missing: say who asks, with it, with the pod identity azure-workload, or with an azureServicePrincipal")
	}
}

// Config describes a trigger on the jobs of an agent pool.
type Config struct {
	Access
	PoolName string `scaler:"poolName" doc:"name of the pool; comes before poolID"`
	PoolID   *int64 `scaler:"poolID" min:"0" doc:"id of the pool"`

	Parent                      string   `scaler:"parent" doc:"name of an agent: only jobs that it could do count"`
	Demands                     []string `scaler:"demands" doc:"only jobs that demand no more than this count, such as maven,docker; not used with parent"`
	RequireAll                  bool     `scaler:"requireAllDemands" doc:"only jobs that demand all of demands, and no more, count"`
	RequireAllAndIgnoreOthers   bool     `scaler:"requireAllDemandsAndIgnoreOthers" doc:"only jobs that demand all of demands count, whatever else they demand"`
	CaseInsensitive             bool     `scaler:"caseInsensitiveDemandsProcessing" doc:"whether letter case makes no difference in demands"`
	ScaleOnInFlight             *bool    `scaler:"scaleOnInFlight" default:"true" doc:"whether jobs that an agent works on count, too"`
	JobsToFetch                 *int64   `scaler:"jobsToFetch" min:"1" doc:"how many jobs, finished ones among them, to ask for; 250 if not given"`
	FetchUnfinishedJobsOnly     bool     `scaler:"fetchUnfinishedJobsOnly" doc:"whether to ask for all jobs that are not finished, and no others"`
	TargetPipelinesQueueLength  int64    `scaler:"targetPipelinesQueueLength,target" default:"1" min:"1" doc:"target: jobs per replica"`
	ActivationTargetQueueLength int64    `scaler:"activationTargetPipelinesQueueLength,activation" doc:"the trigger is active above this number of jobs"`

	MetricType scalerkit.TargetKind

	demands []string // as they are compared, sorted
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	if c.PoolName == "" && c.PoolID == nil {
		p.Add(&c.PoolName, "is missing: name the pool with it or with %s", p.Name(&c.PoolID))
	}
	p.Exclude(&c.JobsToFetch, &c.FetchUnfinishedJobsOnly)
	p.Exclude(&c.JobsToFetch, &c.Parent)
	if c.Parent != "" && len(c.Demands) > 0 {
		p.Warn(&c.Demands, "is not used: %s is set", p.Name(&c.Parent))
	}
	c.demands = c.normal(c.Demands)
}

// normal returns demands as they are compared: sorted, each once, and without those
// of the agent's version, which every job has.
func (c *Config) normal(demands []string) []string {
	var all []string
	for _, d := range demands {
		d = strings.TrimSpace(d)
		if c.CaseInsensitive {
			d = strings.ToLower(d)
		}
		if !strings.HasPrefix(strings.ToLower(d), "agent.version") {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
