package azurequeue

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/azure/storage"
)

// Access is the part of the parameters that says where the storage account is,
// and who asks. Triggers with equal accounts share connections.
type Access = storage.Access

// Entra is the part of an Access that says which of Azure's clouds it is, and who
// asks if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// What counts as waiting, see [Config.Strategy].
const (
	All         = "all"
	VisibleOnly = "visibleonly"
)

// Config describes a trigger on the length of a queue.
type Config struct {
	Access
	QueueName string `scaler:"queueName,required" doc:"name of the queue"`

	QueueLength           int64  `scaler:"queueLength,target" default:"5" min:"1" doc:"target: messages per replica"`
	ActivationQueueLength int64  `scaler:"activationQueueLength,activation" doc:"the trigger is active above this number of messages"`
	Strategy              string `scaler:"queueLengthStrategy" default:"all" enum:"all|visibleonly" doc:"what counts: all messages, or only those that nobody works on, as long as these are less than 32"`

	MetricType scalerkit.TargetKind

	account storage.Account
}

var queueName = regexp.MustCompile(`^[a-z0-9-]{3,63}$`)

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	c.account = c.ParseAccount(p, azure.Queue)
	if !queueName.MatchString(c.QueueName) {
		p.Add(&c.QueueName, "%q is no name of a queue: want 3 to 63 lower-case letters, digits and hyphens", c.QueueName)
	}
}

// New returns a Scaler that reads the length of a queue. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type azure-queue.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-queue", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric := driver.MetricOf(c, "azure-queue", c.QueueName)
	metric.InFlight = c.Strategy == All
	return source.New(o, azure.Plan[queue, scalerkit.Reading]{
		Metric:   metric,
		Question: queue{c.account.URL, c.QueueName, c.Strategy == VisibleOnly},
		Key:      c.account,
		Who:      c.account.Authenticator,
	}), nil
}}

var source = azure.Source[queue, scalerkit.Reading]{Name: "azure-queue", Ask: azure.Each(ask), Classify: storage.Classify}

// A queue is what one trigger asks about.
type queue struct {
	service, name string
	visibleOnly   bool
}

func (q queue) String() string { return fmt.Sprintf("length of queue %q", q.name) }

// mostShown is how many messages the service shows at most.
const mostShown = 32

func ask(ctx context.Context, c *httpsource.Client, q queue) (r scalerkit.Reading, err error) {
	if q.visibleOnly {
		n, err := visible(ctx, c, q)
		if err != nil || n < mostShown {
			return scalerkit.Reading{Value: float64(n)}, err
		}
		r.Note = fmt.Sprintf("%d or more messages of queue %s are waiting: those being worked on count as well", mostShown, q.name)
	}
	n, err := all(ctx, c, q)
	r.Value = float64(n)
	return r, err
}

// all returns about how many messages there are.
func all(ctx context.Context, c *httpsource.Client, q queue) (int64, error) {
	response, err := c.Do(ctx, httpsource.Request{URL: q.service + q.name + "?comp=metadata"})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(response.Header.Get("x-ms-approximate-messages-count"), 10, 64)
	if err != nil {
		return 0, errors.New("the answer does not say how many messages there are")
	}
	return n, nil
}

// visible returns how many messages the service shows.
func visible(ctx context.Context, c *httpsource.Client, q queue) (int, error) {
	response, err := c.Do(ctx, httpsource.Request{URL: q.service + q.name + "/messages?peekonly=true&numofmessages=" + strconv.Itoa(mostShown)})
	if err != nil {
		return 0, err
	}
	var list struct {
		XMLName  xml.Name   `xml:"QueueMessagesList"`
		Messages []struct{} `xml:"QueueMessage"`
	}
	if err := xml.Unmarshal(response.Body, &list); err != nil {
		return 0, fmt.Errorf("the answer is no list of messages: %w", err)
	}
	return len(list.Messages), nil
}
