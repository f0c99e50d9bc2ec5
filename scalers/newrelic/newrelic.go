package newrelic

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// Config describes a trigger on the result of a query.
type Config struct {
	Account int64            `scaler:"account,required" from:"auth,metadata" min:"1" doc:"number of the account"`
	Key     scalerkit.Secret `scaler:"queryKey" from:"auth,metadata" doc:"user key for the API"`
	Region  string           `scaler:"region" from:"auth,metadata" default:"US" doc:"US, EU, JP, GOV, STAGING, LOCAL, or the URL of NerdGraph"`
	httpsource.Link

	Query       string  `scaler:"nrql,required" doc:"NRQL, of which the result has one number in its first row"`
	NoDataError bool    `scaler:"noDataError" doc:"whether a result without a number is an error; it counts as 0 otherwise"`
	Threshold   float64 `scaler:"threshold,target" above:"0" doc:"target: value per replica"`
	Activation  float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`
	MetricType  scalerkit.TargetKind

	url string
}

// regions are the URLs of NerdGraph.
var regions = map[string]string{
	"US":      "https://api.newrelic.com/graphql",
	"EU":      "https://api.eu.newrelic.com/graphql",
	"JP":      "https://api.jp.newrelic.com/graphql",
	"GOV":     "https://gov-api.newrelic.com/graphql",
	"FEDRAMP": "https://gov-api.newrelic.com/graphql",
	"STAGING": "https://staging-api.newrelic.com/graphql",
	"LOCAL":   "http://localhost:3000/graphql",
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Credential == nil {
		p.Require(&c.Key, "requests need it")
	}
	c.url = regions[strings.ToUpper(c.Region)]
	if c.url != "" {
		return
	}
	c.url = c.Region
	if u, err := url.Parse(c.url); err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.Add(&c.Region, "is neither one of US, EU, JP, GOV, STAGING, LOCAL, nor the URL of NerdGraph")
	}
}

var trigger = driver.Type[Config]{Name: "new-relic", KEDAName: "newrelicScaler", Open: open}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type new-relic.
func Driver() scalerkit.Driver { return trigger.Driver() }

var source = httpsource.Source[query, result]{Name: "new-relic", Ask: ask}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[query, result]{
		Metric:   driver.MetricOf(c, "new-relic"),
		Question: query{c.url, c.Account, c.Query},
		Server:   c.url,
		Access:   c.Link.Access(httpsource.Header("Api-Key", "", c.Key)),
		Read:     c.read,
	})
}

// read makes a reading of a result.
func (c *Config) read(r result) (scalerkit.Reading, error) {
	value, err := r.number()
	if err != nil {
		return scalerkit.Reading{}, err
	}
	if value == nil {
		if c.NoDataError {
			return scalerkit.Reading{}, fmt.Errorf("%w: %s", scalerkit.ErrNotFound, noData)
		}
		return scalerkit.Reading{Note: noData + ", which counts as 0"}, nil
	}
	reading := signed.Reading(*value, c.Activation)
	if len(r) > 1 {
		reading.Note = strings.Trim(fmt.Sprintf("%s; the result has %d rows, of which the first counts", reading.Note, len(r)), "; ")
	}
	return reading, nil
}
