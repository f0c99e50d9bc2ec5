package gcppubsub

import (
	"fmt"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/internal/gcp/monitoring"
)

// Access is the part of the parameters that says who asks. Triggers with equal
// Accesses share connections and are read together.
type Access = gcp.Access

// Config describes a trigger on a metric of a subscription or of a topic.
type Config struct {
	Access
	SubscriptionName string `scaler:"subscriptionName" from:"metadata,env" doc:"name of the subscription, or projects/PROJECT/subscriptions/NAME"`
	TopicName        string `scaler:"topicName" from:"metadata,env" doc:"name of the topic, or projects/PROJECT/topics/NAME, in place of a subscription"`

	Mode        string        `scaler:"mode" default:"SubscriptionSize" doc:"metric of Pub/Sub in camel case, such as OldestUnackedMessageAge or MessageSizes; SubscriptionSize is NumUndeliveredMessages"`
	Aggregation string        `scaler:"aggregation" doc:"makes one value of distributions or of several time series: count, sum, mean, median, variance, stddev, percentile95"`
	TimeHorizon time.Duration `scaler:"timeHorizon" doc:"how old a value may be; 0 is 2m, and 5m with an aggregation"`

	Value           float64  `scaler:"value,target" default:"10" above:"0" doc:"target: value per replica"`
	ActivationValue float64  `scaler:"activationValue,activation" doc:"the trigger is active above this value"`
	ValueIfNull     *float64 `scaler:"valueIfNull" doc:"value to take where Cloud Monitoring has none; that is an error otherwise"`
	MetricType      scalerkit.TargetKind

	_ struct{} `scaler:"subscriptionSize" doc:"was removed from KEDA: use value, with mode SubscriptionSize"`

	question    monitoring.Question
	aggregation monitoring.Aggregation
	inFlight    bool
}

const backlog = "num_undelivered_messages"

// What may be in names.
const (
	lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

	inMetric   = lower + upper + digits + "_/"
	inProject  = lower + digits + "-.:" // the latter two before the domain of an organization
	inResource = lower + upper + digits + "-_.~+%"
)

// isName reports whether a text begins with one of certain characters, and has
// nothing but others in it.
func isName(text, first, others string) bool {
	return text != "" && strings.Contains(first, text[:1]) && strings.Trim(text, others) == ""
}

// Parse implements [driver.Parser]. It finds the metric and what it is of.
func (c *Config) Parse(p *driver.Problems) {
	var err error
	if c.aggregation, err = monitoring.NewAggregation(c.Aggregation); err != nil {
		p.Add(&c.Aggregation, "%v", err)
	}
	if !isName(c.Mode, lower+upper, inMetric) {
		p.Add(&c.Mode, "%q is no metric of Pub/Sub in camel case, such as OldestUnackedMessageAge", c.Mode)
	}
	p.Exclude(&c.TopicName, &c.SubscriptionName)
	kind, field := "subscription", &c.SubscriptionName
	if c.TopicName != "" {
		kind, field = "topic", &c.TopicName
	}
	if *field == "" {
		p.Add(field, "is missing: name a subscription in it, or a topic in %s", p.Name(&c.TopicName))
		return
	}
	project, name, ok := parseName(kind, *field)
	if !ok {
		p.Add(field, "%q is no name of a %s: want 3 to 255 letters, digits and -_.~+%%, the first a letter, and goog not the first of them, or projects/PROJECT/%ss/NAME", *field, kind, kind)
	}
	metric := snakeCase(c.Mode)
	if c.Mode == "SubscriptionSize" {
		metric = backlog
	}
	c.inFlight = metric == backlog // what is undelivered is what was not acknowledged
	c.question = monitoring.Question{
		Name: fmt.Sprintf("%s of %s %q", c.Mode, kind, name),
		ID:   name,
		List: monitoring.List{
			Project: project,
			Filter:  fmt.Sprintf(`metric.type = "pubsub.googleapis.com/%s/%s" AND resource.type = "pubsub_%s"`, kind, metric, kind),
			Window:  c.window(),
			Label:   kind + "_id",
		},
	}
}

func (c *Config) window() time.Duration {
	switch {
	case c.TimeHorizon > 0:
		return c.TimeHorizon
	case c.Aggregation != "":
		return 5 * time.Minute
	}
	return 2 * time.Minute
}

// metric describes what is read.
func (c *Config) metric() scalerkit.Metric {
	m := driver.MetricOf(c, "gcp-ps", c.SubscriptionName+c.TopicName) // one of them is empty
	m.InFlight = c.inFlight
	return m
}

// parseName returns the project, empty if there is none, and the name of a
// subscription or topic.
func parseName(kind, text string) (project, name string, ok bool) {
	name = text
	if parts := strings.Split(text, "/"); len(parts) > 1 {
		if len(parts) != 4 || parts[0] != "projects" || parts[2] != kind+"s" || !isName(parts[1], lower+digits, inProject) {
			return "", "", false
		}
		project, name = parts[1], parts[3]
	}
	ok = len(name) >= 3 && len(name) <= 255 && isName(name, lower+upper, inResource)
	return project, name, ok && !strings.HasPrefix(name, "goog")
}

// snakeCase returns OldestUnackedMessageAge as oldest_unacked_message_age.
func snakeCase(camelCase string) string {
	is := func(i int, characters string) bool {
		return i >= 0 && i < len(camelCase) && strings.Contains(characters, camelCase[i:i+1])
	}
	var snake strings.Builder
	for i := range len(camelCase) {
		begins := is(i, upper) && (is(i-1, lower+digits) || is(i-1, upper) && is(i+1, lower))
		if begins {
			snake.WriteByte('_')
		}
		snake.WriteString(strings.ToLower(camelCase[i : i+1]))
	}
	return snake.String()
}
