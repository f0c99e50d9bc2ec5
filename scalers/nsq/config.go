package nsq

import (
	"context"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on the depth of a channel.
type Config struct {
	Cluster

	Topic      string `scaler:"topic,required" from:"metadata,env" doc:"name of the topic"`
	Channel    string `scaler:"channel,required" from:"metadata,env" doc:"name of its channel"`
	Depth      int64  `scaler:"depthThreshold,target" from:"metadata,env" default:"10" above:"0" doc:"target: messages per replica"`
	Activation int64  `scaler:"activationDepthThreshold,activation" from:"metadata,env" min:"0" doc:"the trigger is active above this depth"`
	MetricType scalerkit.TargetKind
}

// Cluster is how to get there. Triggers with equal Clusters share connections.
type Cluster struct {
	Lookupds []string      `scaler:"nsqLookupdHTTPAddresses,required" from:"metadata,env" format:"address" doc:"host:port of each nsqlookupd's HTTP interface"`
	HTTPS    bool          `scaler:"useHttps" from:"metadata,env" doc:"nsqlookupd and nsqd speak TLS"`
	Timeout  time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS      driver.TLS
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type nsq.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "nsq", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, driver.Plan[*client, topic, depths]{
		Metric:   driver.MetricOf(c, "nsq", c.Topic, c.Channel),
		Question: topic(c.Topic),
		Key:      c.Cluster,
		Open:     func(context.Context) (*client, error) { return c.open(o) },
		Read:     func(d depths) (scalerkit.Reading, error) { return d.read(c.Channel) },
	}), nil
}}

// open does no I/O.
func (c *Cluster) open(o scalerkit.Options) (*client, error) {
	const connections = 8 // to each server: a round has one request to each
	settings := httpsource.Settings{Access: httpsource.Access{Timeout: c.Timeout, TLS: c.TLS}, Connections: connections}
	http, err := httpsource.New(settings, o)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if c.HTTPS {
		scheme = "https"
	}
	return &client{http, scheme, c.Lookupds}, nil
}
