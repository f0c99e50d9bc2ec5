package loki

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/promquery"
)

// Config describes a trigger on the result of a query.
type Config struct {
	Server

	Query            string  `scaler:"query,required" doc:"LogQL, of which the result is one series or a scalar"`
	Tenant           string  `scaler:"tenantName" doc:"tenant whose logs they are: the header X-Scope-OrgID"`
	Threshold        float64 `scaler:"threshold,target" above:"0" doc:"target: value per replica"`
	Activation       float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`
	IgnoreNullValues *bool   `scaler:"ignoreNullValues" default:"true" doc:"whether no result, NaN and infinity count as 0; they are an error otherwise"`
	MetricType       scalerkit.TargetKind

	question promquery.Query
}

// Server is how to get there. Triggers with equal Servers share connections.
type Server struct {
	Address string `scaler:"serverAddress,required" format:"server" doc:"URL of the server; what is missing of /loki/api/v1/query is appended"`
	httpsource.Access
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	c.question = promquery.Query{Text: c.Query, URL: queryURL(c.Address)}
	if c.Tenant == "" {
		return
	}
	if !httpguts.ValidHeaderFieldValue(c.Tenant) {
		p.Add(&c.Tenant, "has what cannot be in a header")
	}
	header := make(http.Header)
	header.Set("X-Scope-OrgID", c.Tenant)
	c.question.Header = url.Values(header).Encode()
}

// queryURL appends to an address what is missing of the path of the query API.
func queryURL(address string) string {
	address = strings.TrimRight(address, "/")
	const path = "/loki/api/v1/query"
	for _, there := range []string{path, "/loki/api/v1", "/loki/api", "/loki"} {
		if before, found := strings.CutSuffix(address, there); found {
			return before + path
		}
	}
	return address + path
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type loki.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = httpsource.Source[promquery.Query, promquery.Result]{Name: "loki", Ask: promquery.Ask}
	trigger = driver.Type[Config]{Name: "loki", Open: open}
)

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[promquery.Query, promquery.Result]{
		Metric:   driver.MetricOf(c, "loki"),
		Question: c.question,
		Server:   c.Address,
		Access:   c.Access,
		Read: func(r promquery.Result) (scalerkit.Reading, error) {
			return r.Reading(*c.IgnoreNullValues, c.Activation)
		},
	})
}
