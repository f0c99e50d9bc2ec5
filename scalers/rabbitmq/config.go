package rabbitmq

import (
	"errors"
	"net/http"
	"regexp/syntax"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
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
	ActivationValue       float64 `scaler:"activationValue,activation" doc:"the trigger is active above this value"`
	UseRegex              bool    `scaler:"useRegex" doc:"read all queues that match queueName together; protocol http only"`
	Operation             string  `scaler:"operation" enum:"sum|avg|max" default:"sum" doc:"with useRegex: how the queues are combined"`
	PageSize              int     `scaler:"pageSize" default:"100" min:"1" max:"500" doc:"with useRegex: how many queues to ask for at a time; all are read in any case"`
	ExcludeUnacknowledged bool    `scaler:"excludeUnacknowledged" doc:"count only the messages that wait and not those being worked on; protocol http only, as amqp never counts the latter"`
	MetricType            scalerkit.TargetKind
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	switch {
	case c.QueueLength != 0 && (c.Mode != "" || c.Value != 0):
		p.Add(&c.QueueLength, "is the old form of mode QueueLength and its value: keep either it or mode and value")
	case c.Value != 0 && c.Mode == "":
		p.Add(&c.Mode, "is missing: it says what the value is about")
	case c.Mode != "" && c.Value == 0:
		p.Add(&c.Value, "is missing: it is the target for mode %s", c.Mode)
	}
	if problem := regexProblem(c.QueueName); c.UseRegex && problem != "" {
		p.Add(&c.QueueName, "is not a regular expression: %s", problem)
	}
	if !c.speaksAMQP() {
		return
	}
	if c.Mode != "" && c.Mode != queueLength {
		p.Add(&c.Mode, "%s needs protocol http: over amqp there is only QueueLength", c.Mode)
	}
	if c.UseRegex {
		p.Add(&c.UseRegex, "needs protocol http: amqp cannot list queues")
	}
	if c.ExcludeUnacknowledged {
		p.Add(&c.ExcludeUnacknowledged, "is for protocol http: over amqp, unacknowledged messages are not counted anyway")
	}
}

// regexProblem says what is wrong with a regular expression, as far as that is
// certain: the server's kind, PCRE, has more to it than that of package regexp.
// The server says so only if there is a queue to compare with.
func regexProblem(pattern string) string {
	_, err := syntax.Parse(pattern, syntax.Perl)
	var e *syntax.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code {
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrMissingBracket, syntax.ErrTrailingBackslash:
		return e.Code.String()
	case syntax.ErrMissingRepeatArgument:
		if !strings.Contains(pattern, "(*") { // as in (*UTF8)
			return e.Code.String()
		}
	}
	return ""
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
	TLS     driver.OptionalTLS

	OAuth httpsource.OAuth // protocol http only

	WorkloadIdentityResource string `scaler:"workloadIdentityResource" from:"auth" doc:"application ID to get a token of Azure workload identity for, in place of user and password; protocol http only, to hosts that the administrator lists as identity endpoints"`

	// Identity is "azure-workload", or none for that of the process itself. It
	// counts only with WorkloadIdentityResource.
	Identity scalerkit.Identity

	Timeout time.Duration `scaler:"timeout" doc:"time limit of each request, 3 seconds if there is none; protocol http only"`

	// What is not nil of these is the program's, and Close leaves it alone. It is
	// part of the key under which Scalers share a connection.
	Client         *amqp.Connection         `scaler:"-"` // over amqp: asked in place of one that is opened
	Credential     amqp.Authentication      `scaler:"-"` // over amqp: in place of username and password
	HTTPClient     *http.Client             `scaler:"-"` // over http: sends the requests
	HTTPCredential httpsource.Authenticator `scaler:"-"` // over http: of the requests, besides others

	// What Parse makes of them. The endpoint is empty if Host is of no use.
	endpoint endpoint
	vhost    string
}

// Parse implements driver.Parser.
func (c *Connection) Parse(p *driver.Problems) {
	c.resolve(p)
	p.Together(&c.Username, &c.Password)
	if c.usesOAuth2() {
		c.parseOAuth2(p)
	}
	if c.WorkloadIdentityResource != "" && c.speaksAMQP() {
		p.Add(&c.WorkloadIdentityResource, "needs protocol http: over amqp, use username and password or a client certificate")
	}
	if c.WorkloadIdentityResource != "" && c.usesOAuth2() {
		p.Add(&c.WorkloadIdentityResource, "and oauthTokenURI with clientID and clientSecret are two ways to authenticate: keep one of the two")
	}
	if c.Timeout != 0 && c.speaksAMQP() {
		p.Add(&c.Timeout, "needs protocol http: over amqp, time limits are fixed")
	}
}

func (c *Connection) parseOAuth2(p *driver.Problems) {
	for _, field := range []any{&c.OAuth.TokenURI, &c.OAuth.ClientID, &c.OAuth.ClientSecret} {
		p.Require(field, "OAuth2 needs oauthTokenURI, clientID and clientSecret")
	}
	switch {
	case c.speaksAMQP():
		p.Add(&c.OAuth.TokenURI, "needs protocol http: over amqp, use username and password or a client certificate")
	case c.Username != "" || c.Password.IsSet():
		p.Add(&c.OAuth.TokenURI, "and username with password are two ways to authenticate: keep one of the two")
	}
}

func (c *Connection) usesOAuth2() bool {
	return c.OAuth.TokenURI != "" || c.OAuth.ClientID != "" || c.OAuth.ClientSecret.IsSet()
}

// speaksAMQP reports whether the protocol is known to be AMQP.
func (c *Connection) speaksAMQP() bool { return c.Protocol == "amqp" || isAMQP(c.endpoint.Scheme) }
