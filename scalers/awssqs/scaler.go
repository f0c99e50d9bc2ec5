package awssqs

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// New returns a Scaler that reads the length of a queue. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type aws-sqs-queue.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "aws-sqs-queue", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	key := c.Key()
	return source.New(o, driver.Plan[*client, queue, attributes]{
		Metric:   c.metric(),
		Question: queue(c.QueueURL),
		Key:      key,
		Open: func(context.Context) (*client, error) {
			session := key.OpenWide(connections, o)
			return &client{Session: session, sqs: sqs.NewFromConfig(session.Config)}, nil
		},
		Read: c.read,
	}), nil
}

// connections is how many queues are asked about side by side. Each answer is
// small and its connection waits most of the time, so that their number is what
// the time of a round depends on.
const connections = 32

var source = driver.Source[*client, queue, attributes]{Name: "aws-sqs-queue", Ask: driver.SideBySide(connections, ask)}

// String says what is read, for errors.
func (q queue) String() string {
	name, _ := q.name()
	return fmt.Sprintf("length of queue %q", name)
}

// A client asks SQS on behalf of all triggers with one Account.
type client struct {
	*aws.Session
	sqs *sqs.Client
}

// attributes are what SQS says of a queue: the numbers of messages, as text.
type attributes map[string]string

// ask asks for all that a trigger can count, so that those on one queue have the
// answer in common.
func ask(ctx context.Context, c *client, q queue) (attributes, error) {
	url := string(q)
	out, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       &url,
		AttributeNames: []types.QueueAttributeName{visible, inFlight, delayed},
	})
	if err != nil {
		return nil, c.Explain(err)
	}
	return out.Attributes, nil
}

const (
	visible  = types.QueueAttributeNameApproximateNumberOfMessages
	inFlight = types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	delayed  = types.QueueAttributeNameApproximateNumberOfMessagesDelayed
)

// read adds up what the trigger counts.
func (c *Config) read(a attributes) (r scalerkit.Reading, err error) {
	counted := []types.QueueAttributeName{visible}
	if *c.ScaleOnInFlight {
		counted = append(counted, inFlight)
	}
	if c.ScaleOnDelayed {
		counted = append(counted, delayed)
	}
	for _, name := range counted {
		text, ok := a[string(name)]
		if !ok {
			return scalerkit.Reading{}, fmt.Errorf("SQS does not tell %s", name)
		}
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return scalerkit.Reading{}, fmt.Errorf("%s is %q, which is no number of messages", name, text)
		}
		r.Value += float64(n)
	}
	return r, nil
}
