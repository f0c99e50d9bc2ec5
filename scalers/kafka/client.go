package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A client knows the brokers of a cluster and has one connection to each that
// it needs. It is kafka-go's protocol without kafka-go's Transport, which asks
// for one partition at a time, opens a connection for each request under way
// and looks the coordinator up for each group.
type client struct {
	bootstrap []string
	dial      driver.DialFunc
	mechanism sasl.Mechanism

	mu           sync.Mutex
	closed       bool
	conns        map[string]*conn // by address
	brokers      map[int32]string // addresses, by id
	coordinators map[string]int32 // ids of brokers, by consumer group
}

// open returns a client for c. It does no I/O.
func (c *Cluster) open(options scalerkit.Options) (*client, error) {
	dial, err := c.TLS.Dial(options, dialTimeout)
	if err != nil {
		return nil, err
	}
	mechanism, err := c.mechanism(options)
	if err != nil {
		return nil, err
	}
	return &client{
		bootstrap:    c.BootstrapServers,
		dial:         c.guard(dial, options),
		mechanism:    mechanism,
		conns:        make(map[string]*conn),
		brokers:      make(map[int32]string),
		coordinators: make(map[string]int32),
	}, nil
}

// Close closes all connections.
func (c *client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.conns {
		conn.close()
	}
	if b, ok := c.mechanism.(bearer); ok {
		return b.tokens.Close()
	}
	return nil
}

// conn returns the connection to a broker. c.mu is held.
func (c *client) conn(address string) *conn {
	if c.conns[address] == nil {
		c.conns[address] = &conn{address: address, dial: c.dial, mechanism: c.mechanism, turn: make(chan struct{}, 1), closed: c.closed}
	}
	return c.conns[address]
}

// broker returns the connection to the broker with the given id.
func (c *client) broker(id int32) (*conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	address, ok := c.brokers[id]
	if !ok {
		return nil, fmt.Errorf("broker %d is not known to the others", id)
	}
	return c.conn(address), nil
}

// candidates returns the connections to try if any broker will do: those that
// are open, then to the known brokers, then to the bootstrap servers.
func (c *client) candidates() []*conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := slices.Sorted(maps.Values(c.brokers))
	var open, other []*conn
	for _, address := range append(known, c.bootstrap...) {
		conn := c.conn(address)
		switch {
		case slices.Contains(open, conn), slices.Contains(other, conn):
		case conn.connected():
			open = append(open, conn)
		default:
			other = append(other, conn)
		}
	}
	return append(open, other...)
}

// exchange sends requests to the first broker that can be reached.
func (c *client) exchange(ctx context.Context, requests ...protocol.Message) ([]protocol.Message, error) {
	var failure error
	for _, conn := range c.candidates() {
		var answers []protocol.Message
		err := conn.use(ctx, func(w *wire) (err error) {
			answers, err = w.exchange(requests...)
			return err
		})
		switch {
		case err == nil:
			return answers, nil
		case ctx.Err() != nil:
			return nil, err
		case errors.Is(err, scalerkit.ErrDenied):
			return nil, err // the others would say the same
		case failure == nil:
			failure = err
		default:
			failure = fmt.Errorf("%w; %w", failure, err)
		}
	}
	return nil, failure
}

// A topicInfo is what is known of a topic.
type topicInfo struct {
	partitions []partitionInfo // in ascending order
	err        error
}

// room returns how many partitions there are to make room for.
func (t topicInfo) room() int {
	if len(t.partitions) == 0 {
		return 0
	}
	return int(t.partitions[len(t.partitions)-1].index) + 1
}

type partitionInfo struct {
	index  int32
	leader int32
	err    error // why there is no leader
}

// list asks for the names of all topics that there are for consumers.
func (c *client) list(ctx context.Context) ([]string, error) {
	answers, err := c.exchange(ctx, &metadata.Request{})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, t := range answers[0].(*metadata.Response).Topics {
		if !t.IsInternal {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// describe asks for the partitions of topics and for the brokers. Every topic
// that it is asked for is in what it returns.
func (c *client) describe(ctx context.Context, names []string) (map[string]topicInfo, error) {
	answers, err := c.exchange(ctx, &metadata.Request{TopicNames: names})
	if err != nil {
		return nil, err
	}
	answer := answers[0].(*metadata.Response)
	c.learn(answer.Brokers)
	topics := make(map[string]topicInfo, len(names))
	for _, name := range names {
		topics[name] = topicInfo{err: errors.New("it is missing from the brokers' answer")}
	}
	for _, t := range answer.Topics {
		info := topicInfo{err: codeError(t.ErrorCode)}
		for _, p := range t.Partitions {
			info.partitions = append(info.partitions, partitionInfo{p.PartitionIndex, p.LeaderID, leaderError(p)})
		}
		slices.SortFunc(info.partitions, func(a, b partitionInfo) int { return cmp.Compare(a.index, b.index) })
		if n := len(info.partitions); n > 0 && (info.partitions[0].index < 0 || info.room() > maxPartitions) {
			info = topicInfo{err: errors.New("its partitions have numbers that cannot be")}
		}
		topics[t.Name] = info
	}
	return topics, nil
}

// leaderError says why nobody can be asked about a partition. A replica that
// is not there is none of our business.
func leaderError(p metadata.ResponsePartition) error {
	if p.LeaderID >= 0 {
		return nil
	}
	if err := codeError(p.ErrorCode); err != nil {
		return err
	}
	return codeError(int16(kafkago.LeaderNotAvailable))
}

// learn takes note of the brokers and gives up the connections to others.
func (c *client) learn(brokers []metadata.ResponseBroker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.brokers)
	current := make(map[string]bool, len(brokers))
	for _, b := range brokers {
		address := net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
		c.brokers[b.NodeID] = address
		current[address] = true
	}
	for address, conn := range c.conns {
		if !current[address] {
			conn.retire()
		}
	}
}

// locate returns the coordinators of consumer groups, and the errors of those
// that have none. It asks for those that it does not know.
func (c *client) locate(ctx context.Context, groups []string) (found map[string]int32, failed map[string]error, err error) {
	found, failed = make(map[string]int32, len(groups)), make(map[string]error)
	var unknown []string
	var requests []protocol.Message
	c.mu.Lock()
	for _, g := range groups {
		if id, ok := c.coordinators[g]; ok {
			found[g] = id
			continue
		}
		unknown = append(unknown, g)
		requests = append(requests, &findcoordinator.Request{Key: g})
	}
	c.mu.Unlock()
	if len(unknown) == 0 {
		return found, failed, nil
	}
	answers, err := c.exchange(ctx, requests...)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, g := range unknown {
		a := answers[i].(*findcoordinator.Response)
		if err := codeError(a.ErrorCode); err != nil {
			failed[g] = fmt.Errorf("find the coordinator of the group: %w", err)
			continue
		}
		found[g] = a.NodeID
		c.coordinators[g] = a.NodeID
		c.brokers[a.NodeID] = net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
	}
	return found, failed, nil
}

// forget drops what is known of the coordinator of a group, so that it is
// looked up anew.
func (c *client) forget(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.coordinators, group)
}

// codeError returns the error for a code in an answer, nil if the code is 0.
func codeError(code int16) error {
	switch err := kafkago.Error(code); err {
	case 0:
		return nil
	case kafkago.UnknownTopicOrPartition:
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	case kafkago.TopicAuthorizationFailed, kafkago.GroupAuthorizationFailed,
		kafkago.ClusterAuthorizationFailed, kafkago.SASLAuthenticationFailed:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	default:
		return err
	}
}
