package rabbitmq

import (
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit"
)

// A queue is what a server tells about a queue. Absent numbers are nil: they
// are not known, which is not the same as zero.
type queue struct {
	Name     string   `json:"name"`
	State    string   `json:"state"`
	Messages *float64 `json:"messages"`
	Ready    *float64 `json:"messages_ready"`
	Stats    struct {
		Published     *float64 `json:"publish"`
		PublishRate   rate     `json:"publish_details"`
		Delivered     *float64 `json:"deliver_get"`
		DeliveredRate rate     `json:"deliver_get_details"`
	} `json:"message_stats"`
}

type rate struct {
	PerSecond *float64 `json:"rate"`
}

// columns names the fields of a queue to the server.
const columns = "name,state,messages,messages_ready," +
	"message_stats.publish,message_stats.publish_details.rate," +
	"message_stats.deliver_get,message_stats.deliver_get_details.rate"

// isNew reports whether the server has no statistics of the queue, though there
// is nothing wrong with it.
func (q *queue) isNew() bool {
	return q.Messages == nil && (q.State == "" || q.State == "live" || q.State == "running")
}

// Levels are what the modes are made of.
type levels struct {
	messages             float64
	published, delivered float64 // per second
}

// A measure says what to make of queues.
type measure struct {
	mode      string
	operation string // for several queues
	ready     bool   // count only messages that wait

	activation float64
}

// read makes a reading of one queue, or of several together.
func (m measure) read(queues []queue) (scalerkit.Reading, error) {
	l, err := m.of(queues)
	if err != nil {
		return scalerkit.Reading{}, err
	}
	r := scalerkit.Reading{Value: l.value(m.mode)}
	if l.active(m.mode, m.activation) {
		r.Activity = scalerkit.Active
	}
	return r, nil
}

// of returns the levels of one queue, or of several together.
func (m measure) of(queues []queue) (levels, error) {
	if len(queues) == 1 {
		return m.ofOne(&queues[0])
	}
	var all levels
	known := 0
	for i := range queues {
		if queues[i].isNew() {
			continue // a few seconds ago, as of which the others are, it did not exist
		}
		l, err := m.ofOne(&queues[i])
		if err != nil {
			return levels{}, fmt.Errorf("%q: %w", queues[i].Name, err)
		}
		known++
		if m.operation == "max" {
			all.messages = max(all.messages, l.messages)
			all.published = max(all.published, l.published)
			all.delivered = max(all.delivered, l.delivered)
			continue
		}
		all.messages += l.messages
		all.published += l.published
		all.delivered += l.delivered
	}
	if known == 0 && len(queues) > 0 {
		return levels{}, errNoStatistics
	}
	if n := float64(known); m.operation == "avg" && n > 0 {
		all = levels{all.messages / n, all.published / n, all.delivered / n}
	}
	return all, nil
}

var (
	errNoStatistics = errors.New("the server has no statistics yet: the first come seconds after a queue was declared, unless they are disabled")
	errNoRates      = errors.New("the server has no message rates, which management.rates_mode = none disables")
)

func (m measure) ofOne(q *queue) (levels, error) {
	messages := q.Messages
	if m.ready {
		messages = q.Ready
	}
	switch {
	case q.isNew():
		return levels{}, errNoStatistics
	case messages == nil:
		return levels{}, fmt.Errorf("the server does not know the number of messages, the state of the queue is %q", q.State)
	}
	l := levels{messages: max(0, *messages)}
	if m.mode == queueLength {
		return l, nil
	}
	var published, delivered error
	l.published, published = perSecond(q.Stats.Published, q.Stats.PublishRate)
	l.delivered, delivered = perSecond(q.Stats.Delivered, q.Stats.DeliveredRate)
	return l, errors.Join(published, delivered)
}

// perSecond returns the rate at which a counter grows. A counter appears with
// the first message that it counts.
func perSecond(counter *float64, r rate) (float64, error) {
	switch {
	case r.PerSecond != nil:
		return max(0, *r.PerSecond), nil // negative after a restart
	case counter != nil:
		return 0, errNoRates
	}
	return 0, nil
}

// slowest is the rate, per second, of one message in the 5 seconds from one
// statistic to the next: the slowest that the server can tell from none.
const slowest = 1.0 / 5

// value returns the number that the mode is about.
//
// While nothing is delivered, ratio and time have no finite value. They are
// then worked out for the slowest rate of delivery, and the ratio is at least
// the number of messages: what stands still calls for no fewer replicas than
// what moves slowly, and for no fewer than mode QueueLength would.
func (l levels) value(mode string) float64 {
	rate := l.delivered
	if rate == 0 {
		rate = slowest
	}
	switch mode {
	case messageRate:
		return l.published
	case deliverGetRate:
		return l.delivered
	case ratio:
		if l.delivered == 0 {
			return max(l.published/rate, l.messages)
		}
		return l.published / rate
	case consumptionTime:
		if l.messages == 0 {
			return 0
		}
		return max(0, (l.published-rate)/rate+l.messages/rate)
	}
	return l.messages
}

// active reports whether the levels call for at least one replica. Messages
// that nobody takes do so in every mode: with no replica, nothing is delivered.
func (l levels) active(mode string, activation float64) bool {
	stalled := l.delivered == 0 && l.messages > 0
	switch mode {
	case messageRate:
		return max(l.published, l.messages) > activation
	case deliverGetRate, consumptionTime:
		return stalled || l.value(mode) > activation
	case ratio:
		return stalled || l.delivered == 0 && l.published > 0 || l.value(mode) > activation
	}
	return l.messages > activation
}
