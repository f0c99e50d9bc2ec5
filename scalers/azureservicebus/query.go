package azureservicebus

import (
	"fmt"
	"path"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// A question is what one trigger asks of its namespace: about one thing, or about
// all that a list has.
type question struct {
	list string // path of the list that has what is read
	name string // of the one thing in it, in lower case, as the service takes it; empty: all
	path string // of that thing
	what string // for errors
}

func (q question) String() string { return q.what }

func (c *Config) question() question {
	q := question{list: "$Resources/Queues", path: c.QueueName}
	name, topic := c.QueueName, ""
	if c.TopicName != "" {
		q.list = c.TopicName + "/Subscriptions"
		name, topic = c.SubscriptionName, fmt.Sprintf(" of topic %q", c.TopicName)
		q.path = path.Join(q.list, name)
	}
	if c.pattern != nil {
		return question{list: q.list, what: fmt.Sprintf("messages of %ss that match %q%s", c.kind(), name, topic)}
	}
	q.name, q.what = strings.ToLower(name), fmt.Sprintf("messages of %s %q%s", c.kind(), name, topic)
	return q
}

// kind returns what the list has.
func (c *Config) kind() string {
	if c.TopicName != "" {
		return "subscription"
	}
	return "queue"
}

// count applies the operation to the entities that match. Of nothing, it is 0.
// Where nobody may receive, there is nothing for a replica to do.
func (c *Config) count(entities []entity) (scalerkit.Reading, error) {
	var sum, most, matches, waiting float64
	var blocked []entity
	for _, e := range entities {
		if c.pattern != nil && !c.pattern.MatchString(e.name) {
			continue
		}
		n, err := c.messages(e)
		if err != nil {
			return scalerkit.Reading{}, err
		}
		if n > 0 && !mayReceive(e.status) {
			blocked = append(blocked, e)
			waiting += n
			n = 0
		}
		sum += n
		most = max(most, n)
		matches++
	}
	r := scalerkit.Reading{Value: sum, Note: c.note(blocked, waiting)}
	switch {
	case c.Operation == "max":
		r.Value = most
	case c.Operation == "avg" && matches > 0:
		r.Value = sum / matches
	}
	return r, nil
}

// messages returns the number of messages in the states that count.
func (c *Config) messages(e entity) (float64, error) {
	if e.err != nil {
		return 0, c.about(e, e.err)
	}
	var sum float64
	for _, state := range c.MessageStates {
		n, err := e.counts.of(state)
		if err != nil {
			return 0, c.about(e, err)
		}
		sum += float64(n)
	}
	return sum, nil
}

// about adds the name to an error, unless there can be only one.
func (c *Config) about(e entity, err error) error {
	if c.pattern == nil {
		return err
	}
	return fmt.Errorf("%q: %w", e.name, err)
}

// note says why so many messages do not count, if there are any.
func (c *Config) note(blocked []entity, messages float64) string {
	const so = "nobody may receive %.0f messages, and they do not count"
	switch len(blocked) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s %q has the status %s: "+so, c.kind(), blocked[0].name, blocked[0].status, messages)
	}
	return fmt.Sprintf("%d %ss, %q among them, have the status Disabled or ReceiveDisabled: "+so, len(blocked), c.kind(), blocked[0].name, messages)
}
