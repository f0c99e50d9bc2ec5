package awskinesis

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// Account is the part of the parameters that says where Kinesis is and who
// asks. Triggers with equal Accounts share connections and are read together.
type Account = aws.Account

// The modes, as they are written in Config.Mode.
const (
	openShards  = "openShards"
	iteratorAge = "iteratorAge"
)

// Config describes a trigger on the number of a stream's open shards, or on
// how far a consumer is behind.
type Config struct {
	Account
	StreamName string `scaler:"streamName,required" doc:"name of the stream"`
	Mode       string `scaler:"mode" enum:"openShards|iteratorAge" default:"openShards" doc:"what is read: openShards, the number of open shards, which says nothing of how much waits in them; or iteratorAge, for how many seconds the oldest record has been waiting that a consumer has not got past yet"`

	ShardCount           int64 `scaler:"shardCount" default:"2" min:"1" doc:"target of mode openShards: open shards per replica"`
	ActivationShardCount int64 `scaler:"activationShardCount" doc:"mode openShards: the trigger is active above this number of open shards, of which a stream has at least one"`

	IteratorAge           float64 `scaler:"iteratorAge" above:"0" doc:"target of mode iteratorAge: seconds per replica"`
	ActivationIteratorAge float64 `scaler:"activationIteratorAge" doc:"mode iteratorAge: the trigger is active above this number of seconds"`
	LeaseTable            string  `scaler:"leaseTable" doc:"mode iteratorAge: DynamoDB table in which the consumer, an application of the Kinesis Client Library, keeps its leases; it has the name of the application"`
	LeaseTableEndpoint    string  `scaler:"leaseTableEndpoint" format:"url" doc:"mode iteratorAge: URL of DynamoDB, in place of Amazon's for the region"`
	MetricType            scalerkit.TargetKind
}

// Parse implements [driver.Parser]. It checks that the mode has what it needs, and
// that nothing was meant for the other one.
func (c *Config) Parse(p *driver.Problems) {
	if c.Mode != iteratorAge {
		foreign := func(given bool, field any) {
			if given {
				p.Add(field, "is for mode iteratorAge: set %s to that, or leave this out", p.Name(&c.Mode))
			}
		}
		foreign(c.IteratorAge != 0, &c.IteratorAge)
		foreign(c.ActivationIteratorAge != 0, &c.ActivationIteratorAge)
		foreign(c.LeaseTable != "", &c.LeaseTable)
		foreign(c.LeaseTableEndpoint != "", &c.LeaseTableEndpoint)
		return
	}
	p.Require(&c.IteratorAge, "it is the target of mode iteratorAge, in seconds per replica")
	p.Require(&c.LeaseTable, "mode iteratorAge reads in it how far the consumer is")
	if c.ActivationShardCount != 0 {
		p.Add(&c.ActivationShardCount, "is for mode openShards: mode iteratorAge has %s", p.Name(&c.ActivationIteratorAge))
	}
}

// question returns what to ask.
func (c *Config) question() question {
	q := question{stream: c.StreamName}
	if c.Mode == iteratorAge {
		q.leaseTable = c.LeaseTable
	}
	return q
}

// metric describes what is read.
func (c *Config) metric() scalerkit.Metric {
	m := scalerkit.Metric{
		Name:       driver.MetricName("aws-kinesis", c.StreamName),
		Target:     scalerkit.Target{Kind: c.MetricType, Value: float64(c.ShardCount)},
		Activation: float64(c.ActivationShardCount),
	}
	if c.Mode == iteratorAge {
		m.Target.Value, m.Activation, m.InFlight = c.IteratorAge, c.ActivationIteratorAge, true
	}
	return m
}
