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
	what      string // for errors
}

func newQuery(c *Config) *query {
	q := &query{list: "$Resources/Queues", operation: c.Operation, states: c.MessageStates}
	name, kind := c.QueueName, "queue"
	if c.TopicName != "" {
		q.list = c.TopicName + "/Subscriptions"
		name, kind = c.SubscriptionName, "subscription"
	}
	q.what = fmt.Sprintf("messages of %s %q", kind, name)
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

// value returns the number of messages in the states that count.
func (q *query) value(e entity) (float64, error) {
	if e.err != nil {
		return 0, e.err
	}
	var sum float64
	for _, state := range q.states {
		n, err := e.counts.of(state)
		if err != nil {
			return 0, err
		}
		sum += float64(n)
	}
	return sum, nil
}

// combine applies the operation to all whose names match. Of nothing, it is 0.
func (q *query) combine(all []entity) (float64, error) {
	var sum, most, matches float64
	for _, e := range all {
		if !q.pattern.MatchString(e.name) {
			continue
		}
		n, err := q.value(e)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", e.name, err)
		}
		sum += n
		most = max(most, n)
		matches++
	}
	switch {
	case q.operation == "max":
		return most, nil
	case q.operation == "avg" && matches > 0:
		return sum / matches, nil
	}
	return sum, nil
}
