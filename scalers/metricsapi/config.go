package metricsapi

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on a number in an answer.
type Config struct {
	httpsource.Access

	URL         string  `scaler:"url,required" doc:"URL of the endpoint"`
	Format      string  `scaler:"format" default:"json" enum:"json|yaml|xml|prometheus" doc:"format of the answer"`
	Location    string  `scaler:"valueLocation,required" doc:"where the number is in it: a GJSON path, a path with dots for yaml and xml, a selector for prometheus"`
	Aggregate   bool    `scaler:"aggregateFromKubeServiceEndpoints" doc:"ask every endpoint of the Service in the URL"`
	Aggregation string  `scaler:"aggregationType" default:"average" enum:"average|sum|max|min" doc:"what is made of their numbers"`
	Target      float64 `scaler:"targetValue,target" above:"0" doc:"target: value per replica"`
	Activation  float64 `scaler:"activationTargetValue" doc:"the trigger is active above this value"`
	MetricType  scalerkit.TargetKind

	// Lookup finds the endpoints of Services. It is the program's; Driver sets it.
	Lookup Lookup `scaler:"-"`

	url      *url.URL
	selector selector
	question question
}

// A Lookup returns the addresses, host:port, of the endpoints that are ready
// behind a port of a Service. It may be called concurrently.
type Lookup func(ctx context.Context, namespace, service string, port int) ([]string, error)

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	var err error
	if c.url, err = url.Parse(c.URL); err != nil || c.url.Host == "" || c.url.Scheme != "http" && c.url.Scheme != "https" {
		p.Add(&c.URL, "is not a URL such as http://orders.shop:8080/metrics")
		return
	}
	if c.Format == formatPrometheus {
		if c.selector, err = parseSelector(c.Location); err != nil {
			p.Add(&c.Location, "is not a selector such as queue_length{name=\"orders\"}: %v", err)
		}
	}
	c.question = question{url: c.URL}
	if c.Aggregate {
		c.parseService(p)
	}
}

// parseService finds the Service in the URL.
func (c *Config) parseService(p *driver.Problems) {
	if c.Lookup == nil {
		p.Add(&c.Aggregate, "does not go with this program, which cannot look up the endpoints of a Service")
	}
	parts := strings.Split(c.url.Hostname(), ".")
	if len(parts) < 2 || net.ParseIP(c.url.Hostname()) != nil {
		p.Add(&c.URL, "does not name a Service and its namespace, such as http://orders.shop:8080/metrics")
		return
	}
	c.question.service, c.question.namespace, c.question.port = parts[0], parts[1], 80
	if c.url.Scheme == "https" {
		c.question.port = 443
	}
	if port, err := strconv.Atoi(c.url.Port()); err == nil {
		c.question.port = port
	}
}
