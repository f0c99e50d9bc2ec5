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
	"github.com/scalerkit/scalerkit/driver/locate"
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
	Activation  float64 `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`
	MetricType  scalerkit.TargetKind

	// Lookup finds the endpoints of Services. It is the program's; Driver sets it.
	Lookup Lookup `scaler:"-"`
	shared *Lookup

	selector locate.Selector
	server   string
	question question
}

// A Lookup returns the addresses, host:port, of the endpoints that are ready
// behind a port of a Service. It may be called concurrently.
type Lookup func(ctx context.Context, namespace, service string, port int) ([]string, error)

// Parse implements driver.Parser. A URL that is none is an error of each reading,
// as in KEDA: with a fallback, or beside other triggers, such a trigger has its use.
func (c *Config) Parse(p *driver.Problems) {
	if c.Format == "prometheus" {
		var err error
		if c.selector, err = locate.ParseSelector(c.Location); err != nil {
			p.Add(&c.Location, "is not a selector such as queue_length{name=\"orders\"}: %v", err)
		}
	}
	c.question.url = c.URL
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		c.question.noURL = true
		p.Warn(&c.URL, "is not a URL, and no reading will succeed: want http:// or https://, and a host")
		return
	}
	c.server = u.Scheme + "://" + u.Host
	if c.Aggregate {
		c.parseService(p, u)
	}
}

// parseService finds the Service in the URL.
func (c *Config) parseService(p *driver.Problems, u *url.URL) {
	if c.Lookup == nil {
		p.Add(&c.Aggregate, "does not go with this program, which cannot look up the endpoints of a Service")
	}
	c.question.lookup = c.shared
	parts := strings.Split(u.Hostname(), ".")
	if len(parts) < 2 || net.ParseIP(u.Hostname()) != nil {
		p.Add(&c.URL, "does not name a Service and its namespace, such as http://orders.shop:8080/metrics")
		return
	}
	c.question.service, c.question.namespace, c.question.port = parts[0], parts[1], 80
	if u.Scheme == "https" {
		c.question.port = 443
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		c.question.port = port
	}
}
