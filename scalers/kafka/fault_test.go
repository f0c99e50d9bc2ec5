package kafka_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

// A fault is an answer that is no help. The next reading has to be right.
type fault struct {
	request  kmsg.Request
	answer   func(kmsg.Request) kmsg.Response
	metadata func(*kmsg.MetadataResponseTopic) // in place of the two
	want     string
	is       error
}

var faults = map[string]fault{
	"a leader that has moved": {
		request: kmsg.NewPtrListOffsetsRequest(),
		answer:  listOffsets(func(p *kmsg.ListOffsetsResponseTopicPartition) { p.ErrorCode = kerr.NotLeaderForPartition.Code }),
		want:    `partition 0 of topic "a": [6] Not Leader For Partition: the client attempted to send messages to a replica that is not the leader for some partition, the client's metadata are likely out of date`,
	},
	"a topic that may not be described": {
		request: kmsg.NewPtrListOffsetsRequest(),
		answer:  listOffsets(func(p *kmsg.ListOffsetsResponseTopicPartition) { p.ErrorCode = kerr.TopicAuthorizationFailed.Code }),
		want:    `partition 0 of topic "a": access denied: [29] Topic Authorization Failed: the client is not authorized to access the requested topic`,
		is:      scalerkit.ErrDenied,
	},
	"an end that is not known": {
		request: kmsg.NewPtrListOffsetsRequest(),
		answer:  listOffsets(func(p *kmsg.ListOffsetsResponseTopicPartition) { p.Offset = -1 }),
		want:    `partition 0 of topic "a": the broker does not know its offset`,
	},
	"half the answer about the log": {
		request: kmsg.NewPtrListOffsetsRequest(),
		answer: func(r kmsg.Request) kmsg.Response {
			answer := offsetsAnswer(r.(*kmsg.ListOffsetsRequest))
			answer.Topics[0].Partitions = answer.Topics[0].Partitions[1:]
			return answer
		},
		want: `partition 0 of topic "a": it is missing from the broker's answer`,
	},
	"half the answer about the group": {
		request: kmsg.NewPtrOffsetFetchRequest(),
		answer: fetch(func(g *kmsg.OffsetFetchResponseGroup) {
			g.Topics[0].Partitions = g.Topics[0].Partitions[1:]
		}),
		want: `partition 0 of topic "a": it is missing from the broker's answer`,
	},
	"no answer about the group": {
		request: kmsg.NewPtrOffsetFetchRequest(),
		answer:  func(r kmsg.Request) kmsg.Response { return r.ResponseKind() },
		want:    `committed offsets: it is missing from the broker's answer`,
	},
	"a committed offset that cannot be told": {
		request: kmsg.NewPtrOffsetFetchRequest(),
		answer: fetch(func(g *kmsg.OffsetFetchResponseGroup) {
			g.Topics[0].Partitions[2].ErrorCode = kerr.UnknownTopicOrPartition.Code
		}),
		want: `partition 2 of topic "a": not found: [3] Unknown Topic Or Partition: the request is for a topic or partition that does not exist on this broker`,
		is:   scalerkit.ErrNotFound,
	},
	"a group that may not be described": {
		request: kmsg.NewPtrOffsetFetchRequest(),
		answer:  fetch(func(g *kmsg.OffsetFetchResponseGroup) { g.ErrorCode = kerr.GroupAuthorizationFailed.Code }),
		want:    `committed offsets: access denied: [30] Group Authorization Failed: the client is not authorized to access a particular group id`,
		is:      scalerkit.ErrDenied,
	},
	"a coordinator that has moved": {
		request: kmsg.NewPtrOffsetFetchRequest(),
		answer:  fetch(func(g *kmsg.OffsetFetchResponseGroup) { g.ErrorCode = kerr.NotCoordinator.Code }),
		want:    `committed offsets: [16] Not Coordinator For Group: the broker returns this error code if it receives an offset fetch or commit request for a group that it is not a coordinator for`,
	},
	"a coordinator that is not there yet": {
		request: kmsg.NewPtrFindCoordinatorRequest(),
		answer: func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.FindCoordinatorResponse)
			answer.ErrorCode = kerr.CoordinatorNotAvailable.Code
			return answer
		},
		want: `find the coordinator of the group: [15] Group Coordinator Not Available: the broker returns this error code for group coordinator requests, offset commits, and most group management requests if the offsets topic has not yet been created, or if the group coordinator is not active`,
	},
	"a partition without a leader": {
		metadata: func(t *kmsg.MetadataResponseTopic) {
			t.Partitions[1].Leader, t.Partitions[1].ErrorCode = -1, kerr.LeaderNotAvailable.Code
		},
		want: `partition 1 of topic "a": [5] Leader Not Available: the cluster is in the middle of a leadership election and there is currently no leader for this partition and hence it is unavailable for writes`,
	},
	"a leader that nobody knows": {
		metadata: func(t *kmsg.MetadataResponseTopic) { t.Partitions[1].Leader = 77 },
		want:     `partition 1 of topic "a": broker 77 is not known to the others`,
	},
	"a topic that the answer forgets": {
		metadata: func(t *kmsg.MetadataResponseTopic) { t.Topic = kmsg.StringPtr("b") },
		want:     `topic "a": it is missing from the brokers' answer`,
	},
	"a topic with impossible partitions": {
		metadata: func(t *kmsg.MetadataResponseTopic) { t.Partitions[2].Partition = 1 << 30 },
		want:     `topic "a": its partitions have numbers that cannot be`,
	},
}

func listOffsets(change func(*kmsg.ListOffsetsResponseTopicPartition)) func(kmsg.Request) kmsg.Response {
	return func(r kmsg.Request) kmsg.Response {
		answer := offsetsAnswer(r.(*kmsg.ListOffsetsRequest))
		change(&answer.Topics[0].Partitions[0])
		return answer
	}
}

func fetch(change func(*kmsg.OffsetFetchResponseGroup)) func(kmsg.Request) kmsg.Response {
	return func(r kmsg.Request) kmsg.Response {
		answer := r.ResponseKind().(*kmsg.OffsetFetchResponse)
		for _, g := range r.(*kmsg.OffsetFetchRequest).Groups {
			ag := kmsg.NewOffsetFetchResponseGroup()
			ag.Group = g.Group
			for _, t := range g.Topics {
				at := kmsg.NewOffsetFetchResponseGroupTopic()
				at.Topic = t.Topic
				for _, p := range t.Partitions {
					ap := kmsg.NewOffsetFetchResponseGroupTopicPartition()
					ap.Partition = p
					at.Partitions = append(at.Partitions, ap)
				}
				ag.Topics = append(ag.Topics, at)
			}
			change(&ag)
			answer.Groups = append(answer.Groups, ag)
		}
		return answer
	}
}

// metadata answers that topic "a" has three partitions on the only broker.
func metadata(t *testing.T, f *fake, change func(*kmsg.MetadataResponseTopic)) func(kmsg.Request) kmsg.Response {
	host, port, err := net.SplitHostPort(f.address())
	require.NoError(t, err)
	broker := kmsg.NewMetadataResponseBroker()
	broker.Host = host
	_, err = fmt.Sscan(port, &broker.Port)
	require.NoError(t, err)
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr("a")
	for i := range int32(3) {
		p := kmsg.NewMetadataResponseTopicPartition()
		p.Partition = i
		topic.Partitions = append(topic.Partitions, p)
	}
	change(&topic)
	return func(r kmsg.Request) kmsg.Response {
		answer := r.ResponseKind().(*kmsg.MetadataResponse)
		answer.Brokers = append(answer.Brokers, broker)
		answer.Topics = append(answer.Topics, topic)
		return answer
	}
}

func TestFaultsAreErrorsAndPass(t *testing.T) {
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, kfake.NumBrokers(1))
			f.admin = newAdmin(t, f.address())
			f.create(t, "a", 5, 5, 5)
			require.NoError(t, f.commit(context.Background(), group, "a", 4, 4, 4))
			s := f.trigger(t, kafka.Driver(), values{"topic": "a"})
			wantValue(t, s, 3)
			if c.metadata != nil {
				c.request, c.answer = kmsg.NewPtrMetadataRequest(), metadata(t, f, c.metadata)
			}
			if c.request.Key() == kmsg.NewPtrFindCoordinatorRequest().Key() {
				s = f.trigger(t, kafka.Driver(), values{"topic": "a"}) // that knows no coordinator
			}
			f.once(c.request, c.answer)
			wantError(t, s, c.is, `read lag of group "workers" in topic "a": `+c.want)
			wantValue(t, s, 3)
		})
	}
}

func TestATopicThatDoesNotExistIsNotFoundAndNotMade(t *testing.T) {
	f := newOpenFake(t)
	s := f.trigger(t, kafka.Driver(), values{"topic": "orders", "fullMetadata": "false"})
	for range 2 {
		wantError(t, s, scalerkit.ErrNotFound, `read lag of group "workers" in topic "orders": topic "orders": not found: [3] Unknown Topic Or Partition: the request is for a topic or partition that does not exist on this broker`)
	}
}

func TestNoPartitionLeftIsAnError(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1)
	wantError(t, f.trigger(t, kafka.Driver(), values{"topic": "a", "partitionLimitation": "7"}), scalerkit.ErrNotFound,
		`read lag of group "workers" in topic "a": not found: none of its partitions is within partitionLimitation`)
}

func TestLeadersAndCoordinatorsMayMove(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 5, 5, 5)
	require.NoError(t, f.commit(context.Background(), group, "a", 4, 4, 4))
	s := f.trigger(t, kafka.Driver(), values{"topic": "a"})
	wantValue(t, s, 3)
	for node := range int32(brokers) {
		for partition := range int32(3) {
			require.NoError(t, f.MoveTopicPartition("a", partition, (node+partition)%brokers))
		}
		wantValue(t, s, 3)
	}
	before := f.CoordinatorFor(group)
	for f.CoordinatorFor(group) == before {
		f.RehashCoordinators()
	}
	_, err := s.Read(context.Background())
	require.ErrorContains(t, err, "[16] Not Coordinator For Group")
	wantValue(t, s, 3)
}

func TestNewPartitionsCountAtOnce(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1, 1)
	s := f.trigger(t, kafka.Driver(), values{"topic": "a", "offsetResetPolicy": "earliest"})
	wantValue(t, s, 2)
	request := kmsg.NewPtrCreatePartitionsRequest()
	more := kmsg.NewCreatePartitionsRequestTopic()
	more.Topic, more.Count = "a", 3
	request.Topics = append(request.Topics, more)
	_, err := request.RequestWith(context.Background(), f.client)
	require.NoError(t, err)
	f.client.PurgeTopicsFromClient("a")
	f.produce(t, "a", 0, 0, 4)
	wantValue(t, s, 6)
}

func TestAClusterMayBeKilledAndStartedAgain(t *testing.T) {
	ports := make([]int, brokers)
	start := func() *kfake.Cluster {
		cluster, err := kfake.NewCluster(kfake.Ports(ports...), kfake.ListenFn(listener(nil)), kfake.SeedTopics(1, "a"))
		require.NoError(t, err)
		return cluster
	}
	cluster := start()
	address := strings.Join(cluster.ListenAddrs(), ",")
	for i, a := range cluster.ListenAddrs() {
		_, port, err := net.SplitHostPort(a)
		require.NoError(t, err)
		ports[i], err = strconv.Atoi(port)
		require.NoError(t, err)
	}
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = strings.Split(address, ","), group, []string{"a"}
	s := opened(t)(kafka.New(config, scalerkit.Options{}))
	for range 2 {
		wantValue(t, s, 1)
		cluster.Close()
		require.Eventually(t, func() bool { _, err := s.Read(context.Background()); return err != nil }, 10*time.Second, time.Millisecond)
		_, err := s.Read(context.Background())
		require.Error(t, err)
		cluster = start()
		wantValue(t, s, 1)
	}
	cluster.Close()
}

func TestABatchTakesFewRequestsAndNoCoordinatorIsLookedUpTwice(t *testing.T) {
	const groups, topics = 40, 5
	f := newOpenFake(t)
	for i := range topics {
		f.create(t, fmt.Sprintf("t%d", i), 3, 3, 3, 3, 3, 3)
	}
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, groups)
	for i := range scalers {
		scalers[i] = f.shared(t, pool, kafka.Driver(), values{"consumerGroup": fmt.Sprintf("g%d", i), "topic": fmt.Sprintf("t%d", i%topics), "offsetResetPolicy": "earliest"})
	}
	f.record()
	read := func() map[string]int {
		for _, r := range scalerkit.ReadAll(context.Background(), scalers...) {
			require.NoError(t, r.Err)
			require.Equal(t, 18.0, r.Reading.Value)
		}
		counts := map[string]int{}
		for _, name := range f.requests() {
			counts[name]++
		}
		delete(counts, "ApiVersions")
		return counts
	}
	once := map[string]int{"Metadata": 1, "ListOffsets": 2 * brokers, "OffsetFetch": brokers}
	first := read()
	require.Equal(t, groups, first["FindCoordinator"])
	delete(first, "FindCoordinator")
	require.Equal(t, once, first)
	require.Equal(t, once, read())
}

func TestOneFailureInABatchIsOneFailure(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1)
	f.create(t, "b", 1)
	pool := new(scalerkit.Pool)
	good := f.shared(t, pool, kafka.Driver(), values{"topic": "a"})
	bad := f.shared(t, pool, kafka.Driver(), values{"topic": "a,c"})
	also := f.shared(t, pool, kafka.Driver(), values{"topic": "b"})
	results := scalerkit.ReadAll(context.Background(), good, bad, also)
	require.NoError(t, results[0].Err)
	require.NoError(t, results[2].Err)
	require.ErrorContains(t, results[1].Err, `read lag of group "workers" in topics "a,c": topic "c": not found: `)
}

func TestAConnectionThatWasClosedWhileNobodyUsedItIsNoError(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1)
	var conns []net.Conn
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs()[:1], group, []string{"a"}
	s := opened(t)(kafka.New(config, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		conns = append(conns, conn)
		return conn, err
	}}))
	for range 2 {
		wantValue(t, s, 1)
		for _, conn := range conns {
			_ = conn.Close() // some are closed already
		}
		conns = nil
	}
	wantValue(t, s, 1)
}

func TestBootstrapServersThatAreDownArePassedOver(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 1)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	down := gone.Addr().String()
	wantValue(t, f.trigger(t, kafka.Driver(), values{"topic": "a", "bootstrapServers": down + "," + f.address()}), 1)
	wantError(t, f.trigger(t, kafka.Driver(), values{"topic": "a", "bootstrapServers": down + "," + down}), nil,
		fmt.Sprintf(`read lag of group "workers" in topic "a": broker %s: dial tcp %s: connect: connection refused`, down, down))
}

func TestWhatIsNoBrokerIsNamed(t *testing.T) {
	for says, want := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n\r\n": `this is no Kafka broker: its answer begins with "HTTP"`,
		"\x15\x03\x01\x00\x02\x02\x46":     `the server speaks TLS on this port, and was spoken to without TLS`,
		"\x00\x00\x00\x04\x00\x00\x00\x09": `the broker answers another request than the one it was asked`,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		served := make(chan error, 1)
		go func() {
			conn, err := l.Accept()
			if err == nil {
				_, err = io.WriteString(conn, says)
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			}
			served <- err
		}()
		address := l.Addr().String()
		config := kafka.Config{}
		config.BootstrapServers, config.ConsumerGroup, config.Topics = []string{address}, group, []string{"a"}
		wantError(t, opened(t)(kafka.New(config, scalerkit.Options{})), nil,
			fmt.Sprintf(`read lag of group "workers" in topic "a": broker %s: %s`, address, want))
		require.NoError(t, <-served)
		require.NoError(t, l.Close())
	}
}

func TestABrokerThatIsTooOldIsNamed(t *testing.T) {
	for _, c := range []struct {
		request  kmsg.Request
		version  int16
		metadata values
		want     string
	}{
		{kmsg.NewPtrListOffsetsRequest(), 1, values{"isolationLevel": "read_committed"}, "it is too old for isolationLevel read_committed: Kafka 0.11 is needed"},
		{kmsg.NewPtrListOffsetsRequest(), 0, nil, "the broker speaks no version of ListOffsets that is spoken here"},
	} {
		f := newFake(t, kfake.NumBrokers(1))
		f.admin = newAdmin(t, f.address())
		f.create(t, "a", 1)
		f.limit(c.request, c.version)
		_, err := f.trigger(t, kafka.Driver(), values{"topic": "a"}.with(c.metadata)).Read(context.Background())
		require.ErrorContains(t, err, c.want)
	}
}
