package awskinesis

import (
	"context"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// New returns a Scaler that reads a stream. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger(time.Now).New(config, options)
}

// Driver returns the driver for trigger type aws-kinesis-stream.
func Driver() scalerkit.Driver { return trigger(time.Now).Driver() }

// trigger returns the trigger type, with the time that ages are reckoned from.
func trigger(now func() time.Time) driver.Type[Config] {
	return driver.Type[Config]{Name: "aws-kinesis-stream", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		key, leases := c.Key(), c.LeaseTableEndpoint
		return source.New(o, driver.Plan[*client, question, answer]{
			Metric:   c.metric(),
			Question: c.question(),
			Key:      [2]any{key, leases},
			Open:     func(context.Context) (*client, error) { return newClient(key.Open(o), leases, now), nil },
			Read:     c.read,
		}), nil
	}}
}

// source asks Kinesis, which has no request for several streams.
var source = driver.Source[*client, question, answer]{Name: "aws-kinesis-stream", Ask: driver.SideBySide(aws.Connections, ask)}

// A question is what one trigger asks.
type question struct {
	stream     string
	leaseTable string // with it, how far its consumer is behind; without it, the open shards
}

// String says what is read, for errors.
func (q question) String() string {
	if q.leaseTable != "" {
		return fmt.Sprintf("iterator age of consumer %q of stream %q", q.leaseTable, q.stream)
	}
	return fmt.Sprintf("open shards of stream %q", q.stream)
}

type answer struct {
	value   float64
	awaited string // a shard whose recent records call for a replica; empty: there is none
}

// read makes a reading of an answer.
func (c *Config) read(a answer) (scalerkit.Reading, error) {
	r := scalerkit.Reading{Value: a.value}
	if a.awaited != "" {
		r.Activity = scalerkit.Active
		r.Note = fmt.Sprintf("records arrived in the last %.0f minutes in shard %s, which consumer %q is to begin with at the tip: they call for one replica", wake.Minutes(), a.awaited, c.LeaseTable)
		if a.value == 0 {
			r.Limit = 1
		}
	}
	return r, nil
}
