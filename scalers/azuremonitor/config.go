package azuremonitor

import (
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// API is the part of the parameters that says who asks.
type API = azure.API

// Entra is the part of an API that says which of Azure's clouds it is, and who asks
// if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on a metric.
type Config struct {
	API
	SubscriptionID    string `scaler:"subscriptionId,required" doc:"subscription of the resource"`
	ResourceGroupName string `scaler:"resourceGroupName,required" doc:"resource group of the resource"`
	ResourceURI       string `scaler:"resourceURI,required" doc:"the resource, by the namespace of its provider, its type and name, such as Microsoft.ServiceBus/namespaces/shop"`

	MetricName      string `scaler:"metricName,required" doc:"name of the metric"`
	MetricNamespace string `scaler:"metricNamespace" doc:"namespace of the metric"`
	Filter          string `scaler:"metricFilter" doc:"filter on dimensions, such as namespace eq 'default'"`
	Interval        string `scaler:"metricAggregationInterval" default:"0:5:0" doc:"how far to look back, as hh:mm:ss"`
	Aggregation     string `scaler:"metricAggregationType,required" enum:"Average|Count|Maximum|Minimum|Total" refused:"None" doc:"how data points are aggregated"`

	TargetValue           float64 `scaler:"targetValue,target" above:"0" doc:"target: value per replica"`
	ActivationTargetValue float64 `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`

	ResourceManager string `scaler:"azureResourceManagerEndpoint" doc:"URL of Resource Manager in the cloud Private"`
	MetricType      scalerkit.TargetKind

	server   string
	resource string // its URL
	interval time.Duration
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	c.server = c.ParseAPI(p, func(cloud cloudhosts.AzureCloud) cloudhosts.Hosts { return cloud.ResourceManager }, &c.ResourceManager)
	c.interval = azure.ParseSpan(p, &c.Interval, "hh:mm:ss")
	parts := strings.Split(c.ResourceURI, "/")
	for i, part := range parts {
		if part == "" || len(parts) < 3 || len(parts)%2 == 0 {
			p.Add(&c.ResourceURI, "%q is no resource: want the namespace of its provider, its type and name, such as Microsoft.ServiceBus/namespaces/shop", c.ResourceURI)
		}
		parts[i] = url.PathEscape(part)
	}
	c.resource = c.server + "/subscriptions/" + url.PathEscape(c.SubscriptionID) + "/resourceGroups/" + url.PathEscape(c.ResourceGroupName) +
		"/providers/" + strings.Join(parts, "/")
}
