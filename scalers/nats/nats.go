package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

var source = httpsource.Source[question, account]{Name: "nats-jetstream", Ask: ask}

// A question is for all streams and consumers of an account.
type question struct {
	node    // that is asked first
	account string
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("streams of account %q", q.account) }

// A node is the monitoring endpoint of one server.
type node struct{ scheme, host string }

// url returns the URL of a path.
func (n node) url(path, query string) string {
	return (&url.URL{Scheme: n.scheme, Host: n.host, Path: path, RawQuery: query}).String()
}

// An account is what the nodes say of one.
type account struct {
	name    string
	streams []stream // one that several nodes have is there several times
	known   bool     // a node knows the account
	failed  []error  // of nodes that did not answer
}

type stream struct {
	Name      string     `json:"name"`
	Consumers []consumer `json:"consumer_detail"`
}

type consumer struct {
	Name       string `json:"name"`
	Pending    *int64 `json:"num_pending"`
	AckPending *int64 `json:"num_ack_pending"`

	// Cluster is there if the server is one of several.
	Cluster *struct {
		Leader   string `json:"leader"`
		Replicas []struct {
			Name string `json:"name"`
		} `json:"replicas"`
	} `json:"cluster"`
}

// led reports whether the node that tells of the consumer is the one that leads
// it: replicas are the others.
func (c consumer) led() bool {
	if c.Cluster == nil {
		return true
	}
	for _, r := range c.Cluster.Replicas {
		if r.Name == c.Cluster.Leader {
			return false
		}
	}
	return c.Cluster.Leader != ""
}

// ask asks the endpoint, and the other nodes if it is that of a cluster.
func ask(ctx context.Context, c *httpsource.Client, q question) (account, error) {
	first, err := jsz(ctx, c, q, q.node)
	if err != nil {
		return account{}, err
	}
	all := account{name: q.account}
	all.add(first)
	if first.Meta.Size <= 1 {
		return all, nil
	}
	nodes, err := others(ctx, c, q.node)
	if err != nil {
		return account{}, err
	}
	answers := httpsource.Each(ctx, c, nodes, func(ctx context.Context, c *httpsource.Client, n node) (monitored, error) {
		return jsz(ctx, c, q, n)
	})
	for _, a := range answers {
		if a.Err != nil {
			all.failed = append(all.failed, a.Err)
			continue
		}
		all.add(a.Value)
	}
	return all, nil
}

// monitored is what /jsz answers.
type monitored struct {
	Server   string `json:"server_id"`
	Disabled bool   `json:"disabled"`
	Meta     struct {
		Size int `json:"cluster_size"`
	} `json:"meta_cluster"`
	Accounts []struct {
		Name    string   `json:"name"`
		ID      string   `json:"id"`
		Streams []stream `json:"stream_detail"`
	} `json:"account_details"`
}

// jsz asks one node.
func jsz(ctx context.Context, c *httpsource.Client, q question, n node) (m monitored, err error) {
	request := httpsource.Request{URL: n.url("/jsz", url.Values{"acc": {q.account}, "consumers": {"true"}}.Encode())}
	switch err := c.DoJSON(ctx, request, &m); {
	case err != nil:
		return m, err
	case m.Server == "":
		return m, fmt.Errorf("%s: this is not an answer of NATS: it has no server_id", request)
	case m.Disabled && n == q.node:
		return m, fmt.Errorf("%s: JetStream is not enabled", request)
	}
	return m, nil
}

// add adds what one node says.
func (a *account) add(m monitored) {
	for _, one := range m.Accounts {
		if one.ID == a.name || one.Name == a.name {
			a.known = true
			a.streams = append(a.streams, one.Streams...)
		}
	}
}

// others returns the nodes of the cluster that one of them tells of.
func others(ctx context.Context, c *httpsource.Client, first node) ([]node, error) {
	var told struct {
		Connect []string `json:"connect_urls"`
		Cluster struct {
			URLs []string `json:"urls"`
		} `json:"cluster"`
	}
	request := httpsource.Request{URL: first.url("/varz", "")}
	if err := c.DoJSON(ctx, request, &told); err != nil {
		return nil, err
	}
	endpoint, port, _ := net.SplitHostPort(first.host) // which Parse has seen to
	addresses := told.Connect
	if len(addresses) == 0 {
		addresses = told.Cluster.URLs
	}
	var nodes []node
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("%s: it names a node that is not host:port", request)
		}
		if len(told.Connect) == 0 && net.ParseIP(host) == nil {
			name, _, _ := strings.Cut(host, ".")
			host = name + "." + endpoint
		}
		n := node{first.scheme, net.JoinHostPort(host, port)}
		if n != first && !slices.Contains(nodes, n) {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// read finds a consumer. Only its leader knows its numbers.
func (a account) read(streamName, consumerName string) (scalerkit.Reading, error) {
	var hasStream, hasConsumer bool
	var leader string
	for _, s := range a.streams {
		if s.Name != streamName {
			continue
		}
		hasStream = true
		for _, c := range s.Consumers {
			switch {
			case c.Name != consumerName:
				continue
			case !c.led():
				leader = c.Cluster.Leader
			case c.Pending == nil || c.AckPending == nil:
				return scalerkit.Reading{}, errors.New("the answer does not say what the consumer has to do")
			default:
				return scalerkit.Reading{Value: float64(*c.Pending + *c.AckPending)}, nil
			}
			hasConsumer = true
		}
	}
	switch {
	case hasConsumer && leader == "":
		return scalerkit.Reading{}, a.unknown("consumer %q of stream %q has no leader", consumerName, streamName)
	case hasConsumer:
		return scalerkit.Reading{}, a.unknown("consumer %q of stream %q has a leader, %q, that gave no answer", consumerName, streamName, leader)
	case hasStream:
		return scalerkit.Reading{}, a.absent("stream %q has no consumer %q", streamName, consumerName)
	case a.known:
		return scalerkit.Reading{}, a.absent("there is no stream %q", streamName)
	}
	return scalerkit.Reading{}, a.absent("there is no account %q with JetStream", a.name)
}

// absent is for what no node knows of, which is sure if all of them answered.
func (a account) absent(format string, args ...any) error {
	if len(a.failed) == 0 {
		return fmt.Errorf("%w: "+format, append([]any{scalerkit.ErrNotFound}, args...)...)
	}
	return a.unknown("by the nodes that answered, "+format, args...)
}

// unknown is for what the nodes that answered do not know. What another's error
// is of, such as scalerkit.ErrNotFound, this one is not.
func (a account) unknown(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if len(a.failed) > 0 {
		err = fmt.Errorf("%w; another node: %s", err, a.failed[0].Error())
	}
	return err
}
