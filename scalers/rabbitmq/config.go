package rabbitmq

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// The modes, as they are written in Config.Mode.
const (
	queueLength     = "QueueLength"
	messageRate     = "MessageRate"
	deliverGetRate  = "DeliverGetRate"
	ratio           = "PublishedToDeliveredRatio"
	consumptionTime = "ExpectedQueueConsumptionTime"
)

// defaultLength is the target of a trigger that says neither mode nor value.
const defaultLength = 20

// Config describes a trigger on a queue, or on all queues whose names match a
// regular expression.
type Config struct {
	Connection
	QueueName             string  `scaler:"queueName,required" doc:"name of the queue; with useRegex, a regular expression that the server evaluates"`
	Mode                  string  `scaler:"mode" enum:"QueueLength|MessageRate|DeliverGetRate|PublishedToDeliveredRatio|ExpectedQueueConsumptionTime" doc:"what is read: the number of messages, the rate at which they are published or delivered (per second), the ratio of these rates, or the seconds that the messages will take; all but QueueLength need protocol http; without mode and value it is QueueLength with value 20"`
	Value                 float64 `scaler:"value" above:"0" doc:"target, in the unit of the mode; goes with mode"`
	QueueLength           float64 `scaler:"queueLength" above:"0" doc:"deprecated: the value for mode QueueLength, in place of mode and value"`
	ActivationValue       float64 `scaler:"activationValue" doc:"the trigger is active above this value"`
	UseRegex              bool    `scaler:"useRegex" doc:"read all queues that match queueName together; protocol http only"`
	Operation             string  `scaler:"operation" enum:"sum|avg|max" default:"sum" doc:"with useRegex: how the queues are combined"`
	PageSize              int     `scaler:"pageSize" default:"100" min:"1" max:"500" doc:"with useRegex: how many queues to ask for at a time; all are read in any case"`
	ExcludeUnacknowledged bool    `scaler:"excludeUnacknowledged" doc:"count only the messages that wait and not those being worked on; protocol http only, as amqp never counts the latter"`
	MetricType            scalerkit.TargetKind
}

// Validate checks what is to be read, and that the protocol can tell it.
func (c *Config) Validate() error {
	var problems []error
	report := func(key, format string, args ...any) {
		problems = append(problems, scalerkit.Problem(key, format, args...))
	}
	switch {
	case c.QueueLength != 0 && (c.Mode != "" || c.Value != 0):
		report("queueLength", "is the old form of mode QueueLength and its value: keep either it or mode and value")
	case c.Value != 0 && c.Mode == "":
		report("mode", "is missing: it says what the value is about")
	case c.Mode != "" && c.Value == 0:
		report("value", "is missing: it is the target for mode %s", c.Mode)
	}
	if c.speaksAMQP() {
		if c.Mode != "" && c.Mode != queueLength {
			report("mode", "%s needs protocol http: over amqp there is only QueueLength", c.Mode)
		}
		if c.UseRegex {
			report("useRegex", "needs protocol http: amqp cannot list queues")
		}
		if c.ExcludeUnacknowledged {
			report("excludeUnacknowledged", "is for protocol http: over amqp, unacknowledged messages are not counted anyway")
		}
	}
	return errors.Join(problems...)
}

// goal returns what to read and the target for it.
func (c *Config) goal() (mode string, target float64) {
	switch {
	case c.Mode != "":
		return c.Mode, c.Value
	case c.QueueLength != 0:
		return queueLength, c.QueueLength
	}
	return queueLength, defaultLength
}

// Connection is the part of the parameters that says where the server is and
// how to get there. Triggers with equal Connections share one, but for the
// virtual host, which makes no difference over http.
type Connection struct {
	// Host is a Secret because it may have a password in it.
	Host      scalerkit.Secret `scaler:"host,required" from:"metadata,auth,env" doc:"URL of the server: amqp(s)://user:password@host:port/vhost, or http(s)://user:password@host:port/path/vhost of its management API; user, password, path and vhost may be left out; a client certificate without password means SASL EXTERNAL over amqps"`
	Protocol  string           `scaler:"protocol" from:"metadata,auth" enum:"auto|amqp|http" default:"auto" doc:"protocol of host; auto goes by its scheme"`
	VhostName string           `scaler:"vhostName" from:"metadata,auth" doc:"virtual host, in place of that in host; not escaped"`

	Username string           `scaler:"username" from:"auth,env" doc:"user, in place of that in host; goes with password"`
	Password scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password, in place of that in host; goes with username"`

	TLSMode string `scaler:"tls" from:"auth" enum:"enable|disable" default:"disable" doc:"enable requires a host with amqps or https; the scheme decides in any case"`
	TLS     scalerkit.TLS

	OAuthTokenURI  string           `scaler:"oauthTokenURI" from:"auth" doc:"URL to get an OAuth2 token from with the client credentials; protocol http only"`
	Scopes         []string         `scaler:"scopes|scope" from:"auth" doc:"scopes of the OAuth2 token"`
	ClientID       string           `scaler:"clientID" from:"auth" doc:"OAuth2 client; goes with oauthTokenURI"`
	ClientSecret   scalerkit.Secret `scaler:"clientSecret" from:"auth" doc:"secret of the OAuth2 client; goes with oauthTokenURI"`
	EndpointParams url.Values       `scaler:"endpointParams" from:"auth" doc:"more form values for oauthTokenURI"`

	WorkloadIdentityResource string `scaler:"workloadIdentityResource" from:"auth" doc:"application ID to get a token of Azure workload identity for, in place of user and password; protocol http only, to hosts that the administrator lists as identity endpoints"`

	// Identity is "azure-workload", or none for that of the process itself. It
	// counts only with WorkloadIdentityResource.
	Identity scalerkit.Identity

	Timeout time.Duration `scaler:"timeout" doc:"time limit of each request, 3 seconds if there is none; protocol http only"`
}

// Validate checks that the parameters go together.
func (c *Connection) Validate() error {
	var problems []error
	report := func(key, format string, args ...any) {
		problems = append(problems, scalerkit.Problem(key, format, args...))
	}
	host, err := c.parseHost()
	if err != nil {
		problems = append(problems, err)
	} else if c.TLSMode == "enable" && !strings.HasSuffix(host.Scheme, "s") {
		report("tls", "is enabled, but the URL in host begins with %s://: change that to %[1]ss://", host.Scheme)
	}
	switch {
	case c.Username != "" && !c.Password.IsSet():
		report("password", "is missing: it goes with username")
	case c.Username == "" && c.Password.IsSet():
		report("username", "is missing: it goes with password")
	}
	if c.usesOAuth2() {
		c.validateOAuth2(report)
	}
	if c.WorkloadIdentityResource != "" && c.speaksAMQP() {
		report("workloadIdentityResource", "needs protocol http: over amqp, use username and password or a client certificate")
	}
	if c.WorkloadIdentityResource != "" && c.usesOAuth2() {
		report("workloadIdentityResource", "and oauthTokenURI with clientID and clientSecret are two ways to authenticate: keep one of the two")
	}
	if c.Timeout != 0 && c.speaksAMQP() {
		report("timeout", "needs protocol http: over amqp, time limits are fixed")
	}
	return errors.Join(problems...)
}

func (c *Connection) validateOAuth2(report func(key, format string, args ...any)) {
	for _, p := range []struct {
		key   string
		given bool
	}{
		{"oauthTokenURI", c.OAuthTokenURI != ""},
		{"clientID", c.ClientID != ""},
		{"clientSecret", c.ClientSecret.IsSet()},
	} {
		if !p.given {
			report(p.key, "is missing: OAuth2 needs oauthTokenURI, clientID and clientSecret")
		}
	}
	if u, err := url.Parse(c.OAuthTokenURI); c.OAuthTokenURI != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		report("oauthTokenURI", "is not a URL such as https://login.example.com/oauth2/token")
	}
	if c.speaksAMQP() {
		report("oauthTokenURI", "needs protocol http: over amqp, use username and password or a client certificate")
	}
	if c.Username != "" || c.Password.IsSet() {
		report("oauthTokenURI", "and username with password are two ways to authenticate: keep one of the two")
	}
}

func (c *Connection) usesOAuth2() bool {
	return c.OAuthTokenURI != "" || c.ClientID != "" || c.ClientSecret.IsSet()
}

// speaksAMQP reports whether the protocol is known to be AMQP.
func (c *Connection) speaksAMQP() bool {
	host, err := c.parseHost()
	return c.Protocol == "amqp" || err == nil && isAMQP(host.Scheme)
}
