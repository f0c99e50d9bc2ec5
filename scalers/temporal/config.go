package temporal

import (
	"regexp"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/hostport"
	"github.com/scalerkit/scalerkit/internal/rpc"
)

// Config describes a trigger on the backlog of a task queue.
type Config struct {
	Server

	Namespace      string   `scaler:"namespace" from:"metadata,env" default:"default" doc:"namespace of the task queue"`
	TaskQueue      string   `scaler:"taskQueue,required" from:"metadata,env" doc:"task queue"`
	QueueTypes     []string `scaler:"queueTypes" enum:"workflow|activity|nexus" doc:"which of its tasks count; all of them, if it is empty"`
	DeploymentName string   `scaler:"workerDeploymentName" from:"metadata,env" doc:"worker deployment, of one version of which the tasks count"`
	BuildID        string   `scaler:"workerDeploymentBuildId" from:"metadata,env" doc:"build of that version"`
	Target         int64    `scaler:"targetQueueSize,target" default:"5" above:"0" doc:"target: backlog per replica"`
	Activation     int64    `scaler:"activationTargetQueueSize,activation" min:"0" doc:"the trigger is active above this backlog"`

	CountWorkflows bool   `scaler:"includeRunningWorkflowCount" doc:"the trigger is active while workflows run, too"`
	CountQueue     string `scaler:"workflowTaskQueueForCount" from:"metadata,env" doc:"task queue whose workflows these are; taskQueue, if it is empty"`

	EnableTLS *bool  `scaler:"enableTLS" default:"true" doc:"use TLS with an API key, which is sent in the clear otherwise, or with ca; a client certificate turns it on in any case"`
	Timeout   *int64 `scaler:"minConnectTimeout" default:"5" min:"0" doc:"time limit for connecting, in seconds; 5, if it is 0"`

	MetricType scalerkit.TargetKind

	_ struct{} `scaler:"buildId|buildIdFromEnv|selectAllActive|selectUnversioned" gone:"true" doc:"is for versions by rules, which KEDA gave up with 2.21: name a worker deployment by workerDeploymentName and workerDeploymentBuildId"`
}

// Server is the part of the parameters that says who is asked, and by whom.
type Server struct {
	Endpoint   string           `scaler:"endpoint,required" from:"metadata,env" doc:"host:port of the frontend; with dns:/// or passthrough:/// in front of it, gRPC looks the name up, or does not"`
	APIKey     scalerkit.Secret `scaler:"apiKey" from:"auth,env" doc:"API key"`
	ServerName string           `scaler:"tlsServerName" doc:"name that the server's certificate has to have, if that is not the endpoint's"`
	TLS        driver.OptionalTLS
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if problem := hostport.Problem(rpc.Endpoint(c.Endpoint)); problem != "" && c.Endpoint != "" {
		p.Add(&c.Endpoint, "%s", problem)
	}
	c.parseTLS(p)
	p.Together(&c.DeploymentName, &c.BuildID)
	if c.CountQueue != "" && !c.CountWorkflows {
		p.Add(&c.CountQueue, "has no effect: set %s to true, or leave it out", p.Name(&c.CountWorkflows))
	}
	if c.CountWorkflows {
		for _, name := range []*string{&c.TaskQueue, &c.CountQueue, &c.DeploymentName, &c.BuildID} {
			if quotable.FindString(*name) != *name {
				p.Add(name, "has characters besides letters, digits and -_./:, which does not go with %s", p.Name(&c.CountWorkflows))
			}
		}
	}
}

// quotable are the names that a query may have.
var quotable = regexp.MustCompile(`[A-Za-z0-9_./:-]*`)

func (c *Config) parseTLS(p *driver.Problems) {
	mutual := c.TLS.Cert != "" || c.TLS.Key.IsSet()
	wanted := c.EnableTLS != nil && *c.EnableTLS && (c.APIKey.IsSet() || c.TLS.CA != "")
	on := mutual || wanted
	c.TLS.Use(p, on, "give an API key, a client certificate or ca, and do not set "+p.Name(&c.EnableTLS)+" to false")
	if c.ServerName != "" && !on {
		p.Warn(&c.ServerName, "has no effect, since TLS is off")
	}
}

func (c *Config) timeout() time.Duration { return time.Duration(*c.Timeout) * time.Second }
