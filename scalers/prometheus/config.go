package prometheus

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/internal/promquery"
)

// Config describes a trigger on the result of a query.
type Config struct {
	Server

	Query           string            `scaler:"query,required" doc:"PromQL, of which the result is one series or a scalar"`
	QueryParameters map[string]string `scaler:"queryParameters" doc:"more parameters of the URL, such as dedup=true"`
	Namespace       string            `scaler:"namespace" doc:"namespace to ask about, for proxies that divide a server by it"`
	CustomHeaders   map[string]string `scaler:"customHeaders" doc:"headers, such as X-Scope-OrgID=tenant"`

	Threshold        float64 `scaler:"threshold,target" above:"0" doc:"target: value per replica"`
	Activation       float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`
	IgnoreNullValues *bool   `scaler:"ignoreNullValues" default:"true" doc:"whether no result, NaN and infinity count as 0; they are an error otherwise"`
	MetricType       scalerkit.TargetKind

	question promquery.Query
}

// Server is how to get there. Triggers with equal Servers share connections.
type Server struct {
	Address string `scaler:"serverAddress,required" format:"server" doc:"URL of the server; /api/v1/query is appended"`
	httpsource.Access
	Platform httpsource.Platform

	Cloud         string `scaler:"cloud" doc:"which of Azure's clouds it is, for azure-workload: AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, or Private"`
	AzureResource string `scaler:"azureManagedPrometheusResourceURL" doc:"what tokens are for, with cloud Private"`
}

// Parse implements driver.Parser.
func (s *Server) Parse(p *driver.Problems) {
	s.Platform.Check(p, &s.Access)
	switch cloud, ok := cloudhosts.Azure(s.Cloud); {
	case s.Platform.Provider() != httpsource.ProviderAzure:
	case !ok || cloud.Name != cloudhosts.Private && cloud.Prometheus == nil:
		p.Add(&s.Cloud, "%q is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, Private", s.Cloud)
	case cloud.Name == cloudhosts.Private:
		p.Require(&s.AzureResource, "the cloud Private needs it, such as https://prometheus.monitor.example.com")
	}
}

// audience returns whom credentials of a platform are for.
func (s *Server) audience() httpsource.Audience {
	a := httpsource.Audience{URL: s.Address, Service: "aps", Cloud: s.Cloud, Hosts: cloudhosts.Google, Scope: "https://www.googleapis.com/auth/monitoring.read"}
	if s.Platform.Provider() == httpsource.ProviderAzure {
		cloud, _ := cloudhosts.Azure(s.Cloud)
		a.Hosts, a.Scope = cloud.Prometheus, s.AzureResource
		if cloud.Name != cloudhosts.Private {
			a.Scope = "https://" + cloud.Prometheus.Suffix()
		}
		a.Scope = strings.TrimSuffix(a.Scope, "/.default") + "/.default"
	}
	return a
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	parameters, header := make(url.Values), make(http.Header)
	for name, value := range c.QueryParameters {
		if name == "query" || name == "namespace" && c.Namespace != "" {
			p.Add(&c.QueryParameters, "has %q, which is a parameter of the trigger's own", name)
		}
		parameters.Set(name, value)
	}
	if c.Namespace != "" {
		parameters.Set("namespace", c.Namespace)
	}
	for name, value := range c.CustomHeaders {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			p.Add(&c.CustomHeaders, "has what cannot be in a header")
		}
		header.Set(name, value)
	}
	c.question = promquery.Query{
		Text: c.Query, URL: strings.TrimSuffix(c.Address, "/") + "/api/v1/query",
		Parameters: parameters.Encode(), Header: url.Values(header).Encode(),
	}
	c.question.Partial, _ = strconv.ParseBool(c.QueryParameters["partial_response"])
}
