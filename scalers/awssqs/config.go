package awssqs

import (
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// Account is the part of the parameters that says where SQS is and who asks.
// Triggers with equal Accounts share connections and are read together.
type Account = aws.Account

// Config describes a trigger on the length of a queue.
type Config struct {
	Account
	QueueURL              string `scaler:"queueURL,required" from:"metadata,env" doc:"URL of the queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/orders, or its name"`
	QueueLength           int64  `scaler:"queueLength,target" default:"5" min:"1" doc:"target: messages per replica"`
	ActivationQueueLength int64  `scaler:"activationQueueLength,activation" doc:"the trigger is active above this number of messages"`
	ScaleOnInFlight       *bool  `scaler:"scaleOnInFlight" default:"true" doc:"count messages that a consumer has received and not deleted yet"`
	ScaleOnDelayed        bool   `scaler:"scaleOnDelayed" doc:"count messages that are delayed, which no consumer can receive yet"`
	MetricType            scalerkit.TargetKind
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	if _, ok := queue(c.QueueURL).name(); !ok {
		p.Add(&c.QueueURL, "is not the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/orders: its path has to be the account and the name, and nothing else")
	}
}

// metric describes what is read.
func (c *Config) metric() scalerkit.Metric {
	name, _ := queue(c.QueueURL).name()
	m := driver.MetricOf(c, "aws-sqs", name)
	m.InFlight = *c.ScaleOnInFlight
	return m
}

// A queue is a queueURL.
type queue string

// name returns the name of the queue, which is the text itself if that is no
// URL. A URL that cannot be read is no name: there may be a password in it.
func (q queue) name() (name string, ok bool) {
	u, err := url.ParseRequestURI(string(q))
	if err != nil {
		return string(q), !strings.Contains(string(q), "://")
	}
	segments := strings.Split(u.Path, "/") // the first is before the slash, and empty
	if len(segments) != 3 || segments[2] == "" {
		return "", false
	}
	return segments[2], true
}
