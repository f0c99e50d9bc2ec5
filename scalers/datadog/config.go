package datadog

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on the result of a query, or on a metric of a Cluster
// Agent.
type Config struct {
	UseAgent    bool     `scaler:"useClusterAgentProxy" doc:"read a metric of a Datadog Cluster Agent, and not a query"`
	Target      float64  `scaler:"targetValue|queryValue,target" above:"0" doc:"target: value per replica"`
	Activation  float64  `scaler:"activationQueryValue|activationTargetValue,activation" doc:"the trigger is active above this value"`
	Unavailable *float64 `scaler:"metricUnavailableValue" doc:"value if there is none; an error otherwise"`
	Type        string   `scaler:"type" doc:"has no effect: use metricType"`
	MetricType  scalerkit.TargetKind

	API   API
	Agent Agent
	httpsource.Link
}

// API is a query, and who asks.
type API struct {
	Site       string           `scaler:"datadogSite" from:"auth" default:"datadoghq.com" doc:"site, such as datadoghq.eu, or the URL of its API"`
	Key        scalerkit.Secret `scaler:"apiKey" from:"auth" doc:"API key"`
	AppKey     scalerkit.Secret `scaler:"appKey" from:"auth" doc:"application key"`
	Query      string           `scaler:"query" doc:"query such as avg:requests{service:orders}, or several with commas between"`
	Aggregator string           `scaler:"queryAggregator" enum:"average|max" doc:"what is made of several series"`
	Age        *int             `scaler:"age" default:"90" min:"0" doc:"length of the window, in seconds"`
	Offset     int              `scaler:"timeWindowOffset" min:"0" doc:"how many seconds ago the window ends"`
	Back       int              `scaler:"lastAvailablePointOffset" min:"0" doc:"how many points before the last one that has a value counts"`
}

// Agent is a metric, and where it is.
type Agent struct {
	Service   string           `scaler:"datadogMetricsService" from:"auth" format:"host" doc:"Service of the Cluster Agent's metrics API"`
	Namespace string           `scaler:"datadogNamespace" from:"auth" format:"host" doc:"its namespace"`
	Port      int              `scaler:"datadogMetricsServicePort" from:"auth" default:"8443" min:"1" max:"65535" doc:"its port"`
	AuthMode  string           `scaler:"authMode|authModes" from:"auth" enum:"bearer" doc:"bearer, to authenticate at it"`
	Token     scalerkit.Secret `scaler:"token|bearerToken" from:"auth" doc:"token for it"`

	Metric          string `scaler:"datadogMetricName" doc:"name of the DatadogMetric"`
	MetricNamespace string `scaler:"datadogMetricNamespace" doc:"its namespace"`
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	switch strings.ToLower(c.Type) {
	case "":
	case "average", "global":
		p.Warn(&c.Type, "has no effect: set the metricType of the trigger")
	default:
		p.Add(&c.Type, "%q is not one of average, global", c.Type)
	}
	if c.UseAgent {
		const why = "the Cluster Agent needs it"
		for _, field := range []*string{&c.Agent.Service, &c.Agent.Namespace, &c.Agent.Metric, &c.Agent.MetricNamespace} {
			p.Require(field, why)
		}
		if c.Agent.AuthMode == "bearer" && c.Credential == nil {
			p.Require(&c.Agent.Token, "authMode bearer needs it")
		}
		return
	}
	p.Require(&c.API.Query, "it says what is read, unless useClusterAgentProxy is true")
	if before, after, ok := strings.Cut(c.API.Query, "{"); c.API.Query != "" && !(ok && strings.Contains(after, "}")) {
		p.Add(&c.API.Query, "has no scope, such as {*} in %s{*}", before)
	}
	if c.Credential == nil {
		p.Require(&c.API.Key, "queries need it")
		p.Require(&c.API.AppKey, "queries need it")
	}
	if u, err := url.Parse(c.API.url()); err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
		p.Add(&c.API.Site, "is neither a site, such as datadoghq.eu, nor the URL of its API")
	}
}

// url returns that of the API.
func (a *API) url() string {
	if strings.Contains(a.Site, "://") {
		return strings.TrimRight(a.Site, "/")
	}
	return "https://api." + a.Site
}

// access is with the keys.
func (c *Config) access() httpsource.Access {
	switch access := c.Link.Access(nil); {
	case c.Credential != nil:
		return access
	case !c.UseAgent:
		access.Modes = []string{httpsource.ModeAPIKey, httpsource.ModeCustom}
		access.KeyParamName, access.APIKey = "DD-API-KEY", c.API.Key
		access.CustomAuthHeader, access.CustomAuthValue = "DD-APPLICATION-KEY", c.API.AppKey
		return access
	case c.Agent.AuthMode != "":
		access.Modes, access.BearerToken = []string{httpsource.ModeBearer}, c.Agent.Token
		return access
	default:
		return access
	}
}

// url returns that of the metrics API.
func (a *Agent) url() string {
	return fmt.Sprintf("https://%s.%s:%d/apis/external.metrics.k8s.io/v1beta1", a.Service, a.Namespace, a.Port)
}
