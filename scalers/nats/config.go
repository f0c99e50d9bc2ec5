package nats

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on what a consumer has still to do.
type Config struct {
	Endpoint   string `scaler:"natsServerMonitoringEndpoint,required" from:"auth,metadata" doc:"host:port of the server's monitoring endpoint"`
	HTTPS      bool   `scaler:"useHttps" doc:"the endpoint and those of the other nodes speak TLS"`
	Account    string `scaler:"account" from:"auth,metadata" doc:"name of the account, such as $G"`
	AccountID  string `scaler:"accountID" from:"auth,metadata" doc:"its id, if that is not the name"`
	Stream     string `scaler:"stream,required" doc:"name of the stream"`
	Consumer   string `scaler:"consumer,required" doc:"name of its consumer"`
	Lag        int64  `scaler:"lagThreshold,target" default:"10" above:"0" doc:"target: messages per replica"`
	Activation int64  `scaler:"activationLagThreshold,activation" doc:"the trigger is active above this number of messages"`
	MetricType scalerkit.TargetKind

	Timeout time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS     driver.TLS

	question question
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Account == "" && c.AccountID == "" && p.Valid(&c.AccountID) {
		p.Require(&c.Account, "the stream is of an account: give its name, or its id as %s", p.Name(&c.AccountID))
	}
	c.question.node = node{scheme: "http", host: c.Endpoint}
	if scheme, host, ok := strings.Cut(c.Endpoint, "://"); ok && (scheme == "http" && !c.HTTPS || scheme == "https") {
		c.question.node = node{scheme, strings.TrimSuffix(host, "/")}
	}
	if c.HTTPS {
		c.question.node.scheme = "https"
	}
	host, port, _ := net.SplitHostPort(c.question.host)
	if _, err := strconv.ParseUint(port, 10, 16); c.Endpoint != "" && (err != nil || host == "" || strings.ContainsAny(host, "/?#@ ")) {
		p.Add(&c.Endpoint, "is not host:port, such as nats.nats.svc:8222")
	}
	c.question.account = c.Account
	if c.AccountID != "" {
		c.question.account = c.AccountID
	}
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type nats-jetstream.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "nats-jetstream", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric := driver.MetricOf(c, "nats-jetstream", c.Stream)
	metric.InFlight = true
	return source.New(o, httpsource.Plan[question, account]{
		Metric:   metric,
		Question: c.question,
		Server:   (&url.URL{Scheme: c.question.scheme, Host: c.question.host}).String(),
		Access:   httpsource.Access{Timeout: c.Timeout, TLS: c.TLS},
		Read:     func(a account) (scalerkit.Reading, error) { return a.read(c.Stream, c.Consumer) },
	})
}}
