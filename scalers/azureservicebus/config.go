package azureservicebus

import (
	"regexp"
	"slices"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// Entra is the part of the parameters that says which of Azure's clouds it is, and
// who asks if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on the messages of a queue or of a topic's
// subscription, or of several of either.
type Config struct {
	Entra
	QueueName        string `scaler:"queueName" doc:"queue, or with useRegex a regular expression for the whole names of queues"`
	TopicName        string `scaler:"topicName" doc:"topic of the subscription, instead of queueName"`
	SubscriptionName string `scaler:"subscriptionName" doc:"subscription, or with useRegex a regular expression for the whole names of the topic's subscriptions"`
	UseRegex         bool   `scaler:"useRegex" doc:"read all queues or subscriptions whose name matches"`
	Operation        string `scaler:"operation" default:"sum" enum:"sum|max|avg" doc:"what to make of the counts that useRegex finds"`

	MessageStates []string `scaler:"messageStates" default:"active" enum:"active|scheduled|deadLetter|transfer|transferDeadLetter" doc:"which messages count, added up; locked ones are active, and a subscription has none that are scheduled"`

	MessageCount           int64 `scaler:"messageCount,target" default:"5" min:"1" doc:"target: messages per replica"`
	ActivationMessageCount int64 `scaler:"activationMessageCount,activation" doc:"the trigger is active above this number of messages"`

	Connection     scalerkit.Secret `scaler:"connection" from:"auth,env" doc:"connection string of the namespace, of a policy with the Manage right; not used with a pod identity"`
	Namespace      string           `scaler:"namespace" doc:"name of the namespace, without what follows the first dot; needed with a pod identity"`
	EndpointSuffix string           `scaler:"endpointSuffix" doc:"what follows the namespace in the host name, such as servicebus.example.com; for the cloud Private only"`

	MetricType scalerkit.TargetKind

	access  azure.Access
	pattern *regexp.Regexp // for whole names; nil: there is one name
}

// The states of messages.
const (
	active             = "active"
	scheduled          = "scheduled"
	deadLetter         = "deadLetter"
	transfer           = "transfer"
	transferDeadLetter = "transferDeadLetter"
)

// Parse implements [driver.Parser]. It checks that the trigger watches one thing,
// and finds a way to get at it.
func (c *Config) Parse(p *driver.Problems) {
	c.parseSource(p)
	c.parsePattern(p)
	switch {
	case c.IsSet(): // and a connection string is not used, as in KEDA
		c.access = c.ParseNamespace(p, &c.Namespace, &c.EndpointSuffix, "https")
	case !c.Connection.IsSet():
		p.Add(&c.Connection, "is missing: give a connection string, or the pod identity azure-workload")
	default:
		n, err := azure.ParseNamespace(c.Connection)
		if err != nil {
			p.Add(&c.Connection, "%v", err)
		}
		n.EntityPath = "" // it is the name of the queue that counts
		c.access.Namespace = n
	}
}

func (c *Config) parseSource(p *driver.Problems) {
	const both = "and %s are both set: a trigger watches a queue or a subscription"
	switch {
	case c.QueueName != "" && c.TopicName != "":
		p.Add(&c.TopicName, both, p.Name(&c.QueueName))
	case c.QueueName != "" && c.SubscriptionName != "":
		p.Add(&c.SubscriptionName, both, p.Name(&c.QueueName))
	case c.QueueName != "":
	case c.TopicName == "" && c.SubscriptionName == "":
		p.Add(&c.QueueName, "is missing: name a queue, or a topic and a subscription in topicName and subscriptionName")
	case c.TopicName == "":
		p.Add(&c.TopicName, "is missing: the topic of the subscription in %s", p.Name(&c.SubscriptionName))
	case c.SubscriptionName == "":
		p.Add(&c.SubscriptionName, "is missing: messages wait in the subscriptions of a topic, not in the topic")
	case slices.Contains(c.MessageStates, scheduled):
		p.Add(&c.MessageStates, "has scheduled, which no subscription has: until they are due, messages wait in the topic")
	}
}

func (c *Config) parsePattern(p *driver.Problems) {
	pattern := &c.QueueName
	if *pattern == "" {
		pattern = &c.SubscriptionName
	}
	if !c.UseRegex || *pattern == "" {
		return
	}
	_, err := regexp.Compile(*pattern) // by itself: "a)(b" is none
	if err == nil {
		c.pattern, err = regexp.Compile(`\A(?:` + *pattern + `)\z`)
	}
	if err != nil {
		p.Add(pattern, "%q is no regular expression: %v", *pattern, err)
	}
}

// metric returns what is measured.
func (c *Config) metric() scalerkit.Metric {
	m := driver.MetricOf(c, "azure-servicebus", c.name())
	// A message that a receiver has locked stays in its count. The other states
	// are not worked on.
	m.InFlight = slices.Contains(c.MessageStates, active) || slices.Contains(c.MessageStates, deadLetter)
	return m
}

// name returns the metric's name, which is KEDA's: it leaves out the
// subscription and regular expressions.
func (c *Config) name() string {
	switch {
	case c.UseRegex && c.QueueName != "":
		return "queue-regex"
	case c.UseRegex:
		return "topic-regex"
	case c.QueueName != "":
		return c.QueueName
	}
	return c.TopicName
}
