package azureservicebus

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A query is what one trigger asks of its namespace.
type query struct {
	list      string         // path of the list that has what is read
	name      string         // of the one thing in it, in lower case, as the service takes it
	path      string         // of that thing
	pattern   *regexp.Regexp // in place of name and path: for whole names
	operation string         // on what matches
	states    []string
	kind      string // queue or subscription
	what      string // for errors
}

func newQuery(c *Config) *query {
	q := &query{list: "$Resources/Queues", operation: c.Operation, states: c.MessageStates}
	name, kind := c.QueueName, "queue"
	if c.TopicName != "" {
		q.list = c.TopicName + "/Subscriptions"
		name, kind = c.SubscriptionName, "subscription"
	}
	q.kind, q.what = kind, fmt.Sprintf("messages of %s %q", kind, name)
	switch {
	case c.UseRegex:
		q.pattern = regexp.MustCompile(`\A(?:` + name + `)\z`) // it was valid before
		q.what = fmt.Sprintf("messages of %ss that match %q", kind, name)
	case c.TopicName != "":
		q.name, q.path = strings.ToLower(name), path.Join(q.list, name)
	default:
		q.name, q.path = strings.ToLower(name), name
	}
	if c.TopicName != "" {
		q.what += fmt.Sprintf(" of topic %q", c.TopicName)
	}
	return q
}

func (q *query) String() string { return q.what }

// A count is what a query comes to.
type count struct {
	value float64
	note  string // of messages that are there and do not count
}

// count applies the operation to the entities that match. Of nothing, it is 0.
// Where nobody may receive, there is nothing for a replica to do.
func (q *query) count(entities []entity) (count, error) {
	var sum, most, matches, waiting float64
	var blocked []entity
	for _, e := range entities {
		if q.pattern != nil && !q.pattern.MatchString(e.name) {
			continue
		}
		n, err := q.messages(e)
		if err != nil {
			return count{}, err
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
	c := count{value: sum, note: q.note(blocked, waiting)}
	switch {
	case q.operation == "max":
		c.value = most
	case q.operation == "avg" && matches > 0:
		c.value = sum / matches
	}
	return c, nil
}

// messages returns the number of messages in the states that count.
func (q *query) messages(e entity) (float64, error) {
	if e.err != nil {
		return 0, q.about(e, e.err)
	}
	var sum float64
	for _, state := range q.states {
		n, err := e.counts.of(state)
		if err != nil {
			return 0, q.about(e, err)
		}
		sum += float64(n)
	}
	return sum, nil
}

// about adds the name to an error, unless there can be only one.
func (q *query) about(e entity, err error) error {
	if q.pattern == nil {
		return err
	}
	return fmt.Errorf("%q: %w", e.name, err)
}

// note says why so many messages do not count, if there are any.
func (q *query) note(blocked []entity, messages float64) string {
	const so = "nobody may receive %.0f messages, and they do not count"
	switch len(blocked) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s %q has the status %s: "+so, q.kind, blocked[0].name, blocked[0].status, messages)
	}
	return fmt.Sprintf("%d %ss, %q among them, have the status Disabled or ReceiveDisabled: "+so, len(blocked), q.kind, blocked[0].name, messages)
}
