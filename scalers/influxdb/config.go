package influxdb

import (
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/signed"
)

// Config describes a trigger on the result of a query.
type Config struct {
	Server

	Query        string  `scaler:"query,required" doc:"Flux for version 2, InfluxQL or SQL for version 3"`
	QueryType    string  `scaler:"queryType" default:"InfluxQL" doc:"language of the query for version 3: InfluxQL, or FlightSQL for SQL"`
	Organization string  `scaler:"organizationName" from:"metadata,env,auth" doc:"organization, for version 2"`
	Database     string  `scaler:"database" from:"metadata,auth" doc:"database, for version 3"`
	MetricKey    string  `scaler:"metricKey" doc:"column with the number, for version 3"`
	Threshold    float64 `scaler:"thresholdValue,target" above:"0" doc:"target: value per replica"`
	Activation   float64 `scaler:"activationThresholdValue,activation" doc:"the trigger is active above this value"`
	MetricType   scalerkit.TargetKind

	question question
}

// Server is how to get there. Triggers with equal Servers share connections.
type Server struct {
	URL     string           `scaler:"serverURL,required" from:"metadata,auth" format:"server" doc:"URL of the server"`
	Version string           `scaler:"influxVersion" default:"2" enum:"2|3" doc:"version of the server"`
	Token   scalerkit.Secret `scaler:"authToken" from:"env,auth" doc:"API token"`
	httpsource.Link
}

func (s *Server) access() httpsource.Access {
	scheme := "Token "
	if s.Version == "3" {
		scheme = "Bearer "
	}
	if !s.Token.IsSet() {
		return s.Link.Access(nil)
	}
	return s.Link.Access(httpsource.Header("Authorization", scheme, s.Token))
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	c.question = question{ask: flux, server: strings.TrimSuffix(c.URL, "/"), in: c.Organization, query: c.Query}
	if c.Version != "3" {
		p.Require(&c.Organization, "version 2 needs it")
		return
	}
	p.Require(&c.Database, "version 3 needs it")
	p.Require(&c.MetricKey, "version 3 needs it")
	c.question.in, c.question.column = c.Database, c.MetricKey
	switch {
	case strings.EqualFold(c.QueryType, "InfluxQL"):
		c.question.ask = influxQL
	case strings.EqualFold(c.QueryType, "FlightSQL"):
		c.question.ask = sql
	default:
		p.Add(&c.QueryType, "%q is not one of InfluxQL, FlightSQL", c.QueryType)
	}
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type influxdb.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = httpsource.Source[question, answer]{Name: "influxdb", Ask: ask}
	trigger = driver.Type[Config]{Name: "influxdb", KEDAName: "influxDBScaler", Open: open}
)

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[question, answer]{
		Metric:   driver.MetricOf(c, "influxdb", c.question.in),
		Question: c.question,
		Server:   c.URL,
		Access:   c.access(),
		Read: func(a answer) (scalerkit.Reading, error) {
			r := signed.Reading(a.value, c.Activation)
			r.Note = strings.Trim(r.Note+"; "+a.note, "; ")
			return r, nil
		},
	})
}
