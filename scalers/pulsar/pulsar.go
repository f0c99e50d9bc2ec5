package pulsar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on the backlog of a subscription.
type Config struct {
	httpsource.Access

	AdminURL     string `scaler:"adminURL,required" from:"metadata,env" format:"server" doc:"URL of the admin API"`
	Topic        string `scaler:"topic,required" from:"metadata,env" doc:"tenant/namespace/topic, with persistent:// before it or without"`
	Subscription string `scaler:"subscription,required" from:"metadata,env" doc:"subscription to that topic"`
	Partitioned  bool   `scaler:"isPartitionedTopic" doc:"the topic has partitions"`
	Backlog      int64  `scaler:"msgBacklogThreshold,target" default:"10" above:"0" doc:"target: backlog per replica"`
	Activation   int64  `scaler:"activationMsgBacklogThreshold,activation" doc:"the trigger is active above this backlog"`
	TLSMode      string `scaler:"tls" doc:"enable is another way to say authModes: tls"`
	MetricType   scalerkit.TargetKind

	// KEDA has the parameters of OAuth2 in the metadata as well, this one by a
	// name of its own.
	OAuthParams scalerkit.Secret `scaler:"EndpointParams" format:"query" doc:"another name for endpointParams"`

	question question
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if !c.EndpointParams.IsSet() {
		c.EndpointParams = c.OAuthParams
	}
	if c.TLSMode == "enable" && c.TLS.Cert == "" {
		p.Warn(&c.TLSMode, "has no effect without a client certificate, which is for %s and %s", p.Name(&c.TLS.Cert), p.Name(&c.TLS.Key))
	}
	c.question = question{server: strings.TrimRight(c.AdminURL, "/"), topic: c.path(p), method: c.method(), partitioned: c.Partitioned}
}

// path returns the part of the URL that names the topic.
func (c *Config) path(p *driver.Problems) string {
	parts := strings.Split(strings.TrimPrefix(c.Topic, "persistent://"), "/")
	const want = "want tenant/namespace/topic, with persistent:// before it or without"
	switch {
	case c.Topic == "": // which its tag has seen to
	case strings.Contains(strings.Join(parts, "/"), "://"):
		p.Add(&c.Topic, "is not persistent, and Pulsar keeps no backlog of it: %s", want)
	case len(parts) < 3 || strings.Contains("/"+strings.Join(parts, "/")+"/", "//"):
		p.Add(&c.Topic, "does not name a tenant, a namespace and a topic: %s", want)
	}
	for i, part := range parts {
		if _, err := url.PathUnescape(part); err != nil || !strings.Contains(part, "%") {
			parts[i] = url.PathEscape(part) // unless somebody did it already
		}
	}
	return strings.Join(parts, "/")
}

// method is what Pulsar calls the credentials, and empty if it has to find out.
func (c *Config) method() string {
	switch {
	case c.Has(httpsource.ModeBearer):
		return "token"
	case c.Has(httpsource.ModeBasic):
		return "basic"
	case c.Has(httpsource.ModeTLS), c.TLSMode == "enable" && c.TLS.Cert != "":
		return "tls"
	}
	return ""
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type pulsar.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "pulsar", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, httpsource.Plan[question, statistics]{
		Metric:   driver.MetricOf(c, "pulsar", c.Topic, c.Subscription),
		Question: c.question,
		Server:   c.question.server,
		Access:   c.Access,
		Read:     c.read,
	})
}}

var source = httpsource.Source[question, statistics]{Name: "pulsar", Ask: ask, Elsewhere: true}

// A question is for the statistics of a topic, with all of its subscriptions.
type question struct {
	server, topic, method string
	partitioned           bool
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("statistics of topic %q", q.topic) }

// statistics are what Pulsar says of a topic, as far as that matters.
type statistics struct {
	Subscriptions map[string]struct {
		Backlog *float64 `json:"msgBacklog"`
	} `json:"subscriptions"`
}

func ask(ctx context.Context, c *httpsource.Client, q question) (s statistics, err error) {
	request := httpsource.Request{URL: q.server + "/admin/v2/persistent/" + q.topic + "/stats"}
	if q.partitioned {
		request.URL = q.server + "/admin/v2/persistent/" + q.topic + "/partitioned-stats?perPartition=false"
	}
	if q.method != "" {
		request.Header = http.Header{"X-Pulsar-Auth-Method-Name": {q.method}}
	}
	return s, c.DoJSON(ctx, request, &s)
}

// read finds the subscription.
func (c *Config) read(s statistics) (scalerkit.Reading, error) {
	subscription, known := s.Subscriptions[c.Subscription]
	switch {
	case s.Subscriptions == nil:
		return scalerkit.Reading{}, errors.New("the answer has no subscriptions")
	case !known:
		return scalerkit.Reading{}, fmt.Errorf("%w: there is no subscription %q", scalerkit.ErrNotFound, c.Subscription)
	case subscription.Backlog == nil:
		return scalerkit.Reading{}, fmt.Errorf("the answer does not say what the backlog of subscription %q is", c.Subscription)
	}
	return scalerkit.Reading{Value: *subscription.Backlog}, nil
}
