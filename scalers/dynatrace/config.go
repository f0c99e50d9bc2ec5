package dynatrace

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// Config describes a trigger on a metric, or on the result of a query.
type Config struct {
	Host  string           `scaler:"host,required" from:"metadata,auth" doc:"URL of the environment, such as https://abc12345.live.dynatrace.com, or for a query https://abc12345.apps.dynatrace.com"`
	Token scalerkit.Secret `scaler:"token" from:"auth" doc:"API token, or for a query a platform token"`
	httpsource.Link

	Selector string `scaler:"metricSelector" doc:"metric selector, such as builtin:service.requestCount.total:fold"`
	From     string `scaler:"from" doc:"when the metric begins; now-2h if empty"`

	Query        string         `scaler:"query" doc:"DQL, of which the first record has the field r"`
	FetchTimeout int            `scaler:"queryTimeoutSeconds" default:"10" min:"1" doc:"time limit of a query, in seconds"`
	PollingWait  *time.Duration `scaler:"queryPollingWait" default:"1s" min:"0s" doc:"how long to wait before a query is asked for again"`
	PollingTries int            `scaler:"queryPollingTries" default:"5" min:"1" doc:"how often a query is asked for"`

	Threshold  float64 `scaler:"threshold,target" above:"0" doc:"target: value per replica"`
	Activation float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind

	url string
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	switch {
	case c.Selector == "" && c.Query == "":
		p.Add(&c.Selector, "is missing: give it, or %s", p.Name(&c.Query))
	case c.From != "" && c.Query != "" && c.Selector == "":
		p.Add(&c.From, "goes with a metricSelector: a query says itself when it begins")
	}
	p.Exclude(&c.Query, &c.Selector)
	if c.Credential == nil {
		p.Require(&c.Token, "requests need it")
	}
	c.url = strings.TrimRight(c.Host, "/")
	if !strings.Contains(c.url, "://") {
		c.url = "https://" + c.url
	}
	if u, err := url.Parse(c.url); c.Host != "" && (err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "") {
		p.Add(&c.Host, "is not the URL of a server: want https:// and a host")
	}
}

var trigger = driver.Type[Config]{Name: "dynatrace", Open: open}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type dynatrace.
func Driver() scalerkit.Driver { return trigger.Driver() }

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric := driver.MetricOf(c, "dynatrace")
	if c.Query == "" {
		from := c.From
		if from == "" {
			from = "now-2h"
		}
		return selectors.New(o, httpsource.Plan[selector, value]{
			Metric:   metric,
			Question: selector{c.url, c.Selector, from},
			Server:   c.url,
			Access:   c.Link.Access(httpsource.Header("Authorization", "Api-Token ", c.Token)),
			Read:     c.read,
		})
	}
	access := c.Link.Access(httpsource.Header("Authorization", "Bearer ", c.Token))
	return queries.New(o, driver.Plan[*httpsource.Client, query, value]{
		Metric:   metric,
		Question: query{c.url, c.Query, c.FetchTimeout, c.PollingTries, *c.PollingWait},
		Key:      key{c.url, access},
		Open: func(context.Context) (*httpsource.Client, error) {
			return httpsource.New(httpsource.Settings{Access: access}, o)
		},
		Read: c.read,
	}), nil
}

// A key is what queries have in common that share a connection.
type key struct {
	Server string
	Access httpsource.Access
}

// A value is what was measured at a time, if that is known.
type value struct {
	value float64
	time  time.Time
	note  string
}

// read makes a reading of a value.
func (c *Config) read(v value) (scalerkit.Reading, error) {
	r := signed.Reading(v.value, c.Activation)
	r.Time, r.Note = v.time, strings.Trim(r.Note+"; "+v.note, "; ")
	return r, nil
}
