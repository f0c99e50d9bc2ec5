package nsq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

var source = driver.Source[*client, topic, depths]{Name: "nsq", Ask: ask}

// A topic is what is asked for, with all of its channels.
type topic string

// String implements fmt.Stringer.
func (t topic) String() string { return fmt.Sprintf("depths of topic %q", string(t)) }

// A client is where to ask.
type client struct {
	*httpsource.Client
	scheme   string
	lookupds []string
}

// depths are those of a topic, one by nsqd that has it.
type depths []depth

type depth struct {
	Topic    topic  `json:"topic_name"`
	Depth    *int64 `json:"depth"`
	Channels []struct {
		Name   string `json:"channel_name"`
		Depth  *int64 `json:"depth"`
		Paused bool   `json:"paused"`
	} `json:"channels"`
}

// ask asks every nsqd that has one of the topics.
func ask(ctx context.Context, c *client, topics []topic) ([]driver.Answer[depths], error) {
	answers := make([]driver.Answer[depths], len(topics))
	at := make(map[topic]int, len(topics))
	for i, t := range topics {
		at[t] = i
	}
	nodes, err := c.nodes(ctx, at)
	if err != nil {
		return nil, err
	}
	query := url.Values{"format": {"json"}, "include_clients": {"false"}, "include_mem": {"false"}}
	if len(topics) == 1 {
		query.Set("topic", string(topics[0]))
	}
	addresses := make([]string, 0, len(nodes))
	for address := range nodes {
		addresses = append(addresses, address)
	}
	told := httpsource.Each(ctx, c.Client, addresses, func(ctx context.Context, _ *httpsource.Client, address string) ([]depth, error) {
		return c.stats(ctx, address, query)
	})
	for i, all := range told {
		for t := range nodes[addresses[i]] {
			if all.Err != nil {
				answers[at[t]].Err = all.Err
			}
		}
		for _, d := range all.Value {
			if nodes[addresses[i]][d.Topic] {
				answer := &answers[at[d.Topic]]
				answer.Value = append(answer.Value, d)
			}
		}
	}
	return answers, nil
}

// nodes returns the addresses of the nsqd that have one of the topics, and which.
func (c *client) nodes(ctx context.Context, wanted map[topic]int) (map[string]map[topic]bool, error) {
	type node struct {
		Host       string  `json:"broadcast_address"`
		Port       int     `json:"http_port"`
		Topics     []topic `json:"topics"`
		Tombstones []bool  `json:"tombstones"`
	}
	told := httpsource.Each(ctx, c.Client, c.lookupds, func(ctx context.Context, _ *httpsource.Client, address string) ([]node, error) {
		var answer struct {
			Nodes *[]node `json:"producers"`
		}
		where := c.url(address, "/nodes", nil)
		if err := c.GetJSON(ctx, where, &answer); err != nil {
			return nil, err
		}
		if answer.Nodes == nil {
			return nil, fmt.Errorf("GET %s: the answer has no producers", where)
		}
		return *answer.Nodes, nil
	})
	all := make(map[string]map[topic]bool)
	for _, one := range told {
		if one.Err != nil {
			return nil, one.Err
		}
		for _, n := range one.Value {
			address := net.JoinHostPort(n.Host, strconv.Itoa(n.Port))
			for i, t := range n.Topics {
				if _, ok := wanted[t]; !ok || i < len(n.Tombstones) && n.Tombstones[i] {
					continue
				}
				if all[address] == nil {
					all[address] = make(map[topic]bool)
				}
				all[address][t] = true
			}
		}
	}
	return all, nil
}

// stats asks one nsqd.
func (c *client) stats(ctx context.Context, address string, query url.Values) ([]depth, error) {
	var answer struct {
		Topics *[]depth `json:"topics"`
	}
	where := c.url(address, "/stats", query)
	if err := c.GetJSON(ctx, where, &answer); err != nil {
		return nil, err
	}
	if answer.Topics == nil {
		return nil, fmt.Errorf("GET %s: the answer has no topics", c.url(address, "/stats", nil))
	}
	return *answer.Topics, nil
}

// url returns the URL of a path.
func (c *client) url(address, path string, query url.Values) string {
	return (&url.URL{Scheme: c.scheme, Host: address, Path: path, RawQuery: query.Encode()}).String()
}

// read sums up what waits for a channel.
func (d depths) read(channel string) (scalerkit.Reading, error) {
	var r scalerkit.Reading
	if len(d) == 0 {
		r.Note = "no nsqd has the topic"
	}
	paused := 0
	for _, one := range d {
		waits := one.Depth
		for _, c := range one.Channels {
			if c.Name != channel {
				continue
			}
			if waits = c.Depth; c.Paused {
				waits = new(int64)
				paused++
			}
		}
		if waits == nil {
			return scalerkit.Reading{}, errors.New("an answer has no depth")
		}
		r.Value += float64(*waits)
	}
	if paused > 0 {
		r.Note = fmt.Sprintf("the channel is paused on %d of %d nsqd", paused, len(d))
	}
	return r, nil
}
