package azureservicebus

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Config describes a trigger on the messages of a queue or of a topic's
// subscription, or of several of either.
type Config struct {
	QueueName        string `scaler:"queueName" doc:"queue, or with useRegex a regular expression for the whole names of queues"`
	TopicName        string `scaler:"topicName" doc:"topic of the subscription, instead of queueName"`
	SubscriptionName string `scaler:"subscriptionName" doc:"subscription, or with useRegex a regular expression for the whole names of the topic's subscriptions"`
	UseRegex         bool   `scaler:"useRegex" doc:"read all queues or subscriptions whose name matches"`
	Operation        string `scaler:"operation" default:"sum" enum:"sum|max|avg" doc:"what to make of the counts that useRegex finds"`

	MessageStates []string `scaler:"messageStates" default:"active" enum:"active|scheduled|deadLetter|transfer|transferDeadLetter" doc:"which messages count, added up; locked ones are active, and a subscription has none that are scheduled"`

	MessageCount           int64 `scaler:"messageCount" default:"5" min:"1" doc:"target: messages per replica"`
	ActivationMessageCount int64 `scaler:"activationMessageCount" doc:"the trigger is active above this number of messages"`

	Connection     scalerkit.Secret `scaler:"connection" from:"auth,env" doc:"connection string of the namespace, of a policy with the Manage right; not used with a pod identity"`
	Namespace      string           `scaler:"namespace" doc:"name of the namespace, without what follows the first dot; needed with a pod identity"`
	Cloud          string           `scaler:"cloud" doc:"AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud or Private; the public one if not given; not used with a connection string"`
	EndpointSuffix string           `scaler:"endpointSuffix" doc:"what follows the namespace in the host name, such as servicebus.example.com; for the cloud Private only"`

	MetricType scalerkit.TargetKind
	Identity   scalerkit.Identity
}

// The states of messages.
const (
	active             = "active"
	scheduled          = "scheduled"
	deadLetter         = "deadLetter"
	transfer           = "transfer"
	transferDeadLetter = "transferDeadLetter"
)

// Validate checks that the trigger watches one thing, and that there is a way
// to get at it.
func (c *Config) Validate() error {
	return errors.Join(c.validateSource(), c.validateRegex(), c.validateAccess(), azure.CheckIdentity(c.Identity))
}

func (c *Config) validateSource() error {
	switch {
	case c.QueueName != "" && c.TopicName != "":
		return scalerkit.Problem("topicName", "and queueName are both set: a trigger watches a queue or a subscription")
	case c.QueueName != "" && c.SubscriptionName != "":
		return scalerkit.Problem("subscriptionName", "and queueName are both set: a trigger watches a queue or a subscription")
	case c.QueueName != "":
		return nil
	case c.TopicName == "" && c.SubscriptionName == "":
		return scalerkit.Problem("queueName", "is missing: name a queue, or a topic and a subscription in topicName and subscriptionName")
	case c.TopicName == "":
		return scalerkit.Problem("topicName", "is missing: the topic of the subscription in subscriptionName")
	case c.SubscriptionName == "":
		return scalerkit.Problem("subscriptionName", "is missing: messages wait in the subscriptions of a topic, not in the topic")
	case slices.Contains(c.MessageStates, scheduled):
		return scalerkit.Problem("messageStates", "has scheduled, which no subscription has: until they are due, messages wait in the topic")
	}
	return nil
}

func (c *Config) validateRegex() error {
	key, pattern := "queueName", c.QueueName
	if pattern == "" {
		key, pattern = "subscriptionName", c.SubscriptionName
	}
	if !c.UseRegex || pattern == "" {
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return scalerkit.Problem(key, "%q is no regular expression: %v", pattern, err)
	}
	return nil
}

func (c *Config) validateAccess() error {
	var problems []error
	if c.Identity.IsSet() { // otherwise the connection string says where the namespace is
		_, err := azure.ServiceBusSuffix(c.Cloud, "endpointSuffix", c.EndpointSuffix)
		problems = append(problems, err)
	}
	switch {
	case c.Identity.IsSet() && c.Namespace == "":
		problems = append(problems, scalerkit.Problem("namespace", "is missing: with a pod identity the namespace has to be named"))
	case c.Identity.IsSet() && strings.ContainsAny(c.Namespace, "./:?#@"):
		problems = append(problems, scalerkit.Problem("namespace", "%q is no name of a namespace: leave out what is before it, and the first dot and what follows", c.Namespace))
	case c.Identity.IsSet(): // and a connection string is not used, as in KEDA
	case !c.Connection.IsSet():
		problems = append(problems, scalerkit.Problem("connection", "is missing: give a connection string, or the pod identity azure-workload"))
	default:
		_, err := azure.ParseNamespace("connection", c.Connection)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// checkHosts reports where a valid Config would have the identity's token sent,
// if it must not go there.
func (c *Config) checkHosts(options scalerkit.Options) error {
	if !c.Identity.IsSet() {
		return nil
	}
	cloud, _ := cloudhosts.Azure(c.Cloud) // it was valid before
	return errors.Join(
		azure.CheckService("endpointSuffix", "https://"+c.access().namespace.Host, cloud.ServiceBus, options),
		azure.CheckAuthority(c.Identity, cloud, options))
}

// access returns how a valid Config gets at its namespace.
func (c *Config) access() access {
	if c.Identity.IsSet() {
		suffix, _ := azure.ServiceBusSuffix(c.Cloud, "endpointSuffix", c.EndpointSuffix) // it was valid before
		return access{
			namespace: azure.Namespace{Host: c.Namespace + "." + suffix},
			identity:  c.Identity,
			cloud:     strings.ToLower(c.Cloud),
		}
	}
	n, _ := azure.ParseNamespace("connection", c.Connection) // it was valid before
	n.EntityPath = ""                                        // it is the name of the queue that counts
	return access{namespace: n}
}

// metric returns what a valid Config measures.
func (c *Config) metric() scalerkit.Metric {
	return scalerkit.Metric{
		Name:       scalerkit.MetricName("azure-servicebus", c.name()),
		Target:     scalerkit.Target{Kind: c.MetricType, Value: float64(c.MessageCount)},
		Activation: float64(c.ActivationMessageCount),
		// A message that a receiver has locked stays in its count. The other
		// states are not worked on.
		InFlight: slices.Contains(c.MessageStates, active) || slices.Contains(c.MessageStates, deadLetter),
	}
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
