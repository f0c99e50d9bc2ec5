package kafka_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

const group = "workers"

// trigger opens a trigger on the fake, with metadata besides what says where
// it is.
func (f *fake) trigger(t *testing.T, driver scalerkit.Driver, metadata values) scalerkit.Scaler {
	return f.shared(t, nil, driver, metadata)
}

func (f *fake) shared(t *testing.T, pool *scalerkit.Pool, driver scalerkit.Driver, metadata values) scalerkit.Scaler {
	t.Helper()
	all := values{"bootstrapServers": f.address(), "consumerGroup": group}.with(metadata)
	return opened(t)(driver.Open(scalerkit.Spec{Type: driver.Name(), Metadata: all}, scalerkit.Options{Pool: pool}))
}

// commits are what the group has committed in the partitions of topics; a
// negative offset stands for none.
type commits map[string][]int64

// no is no committed offset, and unlimited no limit.
const no, unlimited = -1, -1

var topic = values{"topic": "a"}

var lags = map[string]struct {
	metadata values
	apache   bool
	commits  commits
	value    float64
	limit    int // of replicas; 0 is one for each of three partitions
	even     bool
	inactive bool
}{
	"what lies behind the committed offset": {
		metadata: topic, commits: commits{"a": {4, 1, 3}}, value: 1 + 4 + 2,
	},
	"nothing if all is committed": {
		metadata: topic, commits: commits{"a": {5, 5, 5}}, value: 0, inactive: true,
	},
	"one for each partition without a committed offset": {
		metadata: topic, commits: commits{"a": {no, 5, no}}, value: 2,
	},
	"one for each partition of a group that there is not": {
		metadata: topic, value: 3,
	},
	"nothing without a committed offset if that is asked for": {
		metadata: topic.with(values{"scaleToZeroOnInvalidOffset": "true"}), commits: commits{"a": {no, 4, no}}, value: 1,
	},
	"all that is there without a committed offset": {
		metadata: topic.with(values{"offsetResetPolicy": "earliest"}), commits: commits{"a": {no, 5, 4}}, value: 5 + 1,
	},
	"nothing without a committed offset if that is asked for, whatever the policy": {
		metadata: topic.with(values{"offsetResetPolicy": "earliest", "scaleToZeroOnInvalidOffset": "true"}), value: 0, inactive: true,
	},
	"not what was deleted before it was ever read": {
		metadata: values{"topic": "deleted", "offsetResetPolicy": "earliest"}, value: 5 - 3, limit: 1,
	},
	"not what was deleted since it was committed": {
		metadata: values{"topic": "deleted"}, commits: commits{"deleted": {1}}, value: 5 - 3, limit: 1,
	},
	"no less because a committed offset is beyond the end": {
		metadata: topic, commits: commits{"a": {500, 1, 5}}, value: 4,
	},
	"all of it, though no more replicas than partitions find work": {
		metadata: topic.with(values{"lagThreshold": "4"}), commits: commits{"a": {0, 0, 1}}, value: 14,
	},
	"any amount with idle consumers": {
		metadata: topic.with(values{"lagThreshold": "1", "allowIdleConsumers": "true"}), commits: commits{"a": {0, 0, 1}}, value: 14, limit: unlimited,
	},
	"for no more replicas than partitions with lag": {
		metadata: topic.with(values{"lagThreshold": "2", "limitToPartitionsWithLag": "true"}), commits: commits{"a": {5, 0, 5}}, value: 5, limit: 1,
	},
	"for no replica if no partition has lag": {
		metadata: topic.with(values{"limitToPartitionsWithLag": "true"}), commits: commits{"a": {5, 5, 5}}, limit: unlimited, inactive: true,
	},
	"for a number of replicas that divides the partitions": {
		metadata: values{"topic": "six", "lagThreshold": "1", "ensureEvenDistributionOfPartitions": "true"},
		commits:  commits{"six": {0, 0, 0, 0, 1, 1}}, value: 4, limit: 6, even: true,
	},
	"at most one replica for each partition, evenly": {
		metadata: values{"topic": "a", "lagThreshold": "1", "ensureEvenDistributionOfPartitions": "true", "allowIdleConsumers": "true"},
		commits:  commits{"a": {0, 0, 0}}, value: 15, even: true,
	},
	"nothing if nothing is to be distributed evenly": {
		metadata: values{"topic": "six", "ensureEvenDistributionOfPartitions": "true"},
		commits:  commits{"six": {1, 1, 1, 1, 1, 1}}, value: 0, limit: 6, even: true, inactive: true,
	},
	"for partitions with lag, which is not even": {
		apache: true, metadata: values{"topic": "six", "lagThreshold": "1", "ensureEvenDistributionOfPartitions": "true", "limitToPartitionsWithLag": "true"},
		commits: commits{"six": {0, 0, 0, 0, 1, 1}}, value: 4, limit: 4,
	},
	"of some partitions": {
		metadata: topic.with(values{"partitionLimitation": " 0 , 2-7"}), commits: commits{"a": {4, 0, 3}}, value: 1 + 2, limit: 2,
	},
	"of several topics": {
		metadata: values{"topic": "a, six,a"}, commits: commits{"a": {4, 5, 5}, "six": {0, 1, 1, 1, 1, 1}}, value: 2, limit: 9,
	},
	"of all topics of the group": {
		commits: commits{"a": {4, 5, 5}, "six": {0, 1, 1, 1, 1, 1}}, value: 2, limit: 9,
	},
	"of all topics of the group and all of their partitions": {
		commits: commits{"a": {4, no, no}}, value: 1 + 2,
	},
	"of all topics of the group, whatever partitions are given": {
		metadata: values{"partitionLimitation": "0"}, commits: commits{"a": {4, 4, 4}}, value: 3,
	},
	"of some partitions of all topics of the group": {
		apache: true, metadata: values{"partitionLimitation": "0"}, commits: commits{"a": {4, 4, 4}, "six": {0, 0, 0, 0, 0, 0}}, value: 2, limit: 2,
	},
	"of all topics of a group without active members": {
		apache: true, commits: commits{"a": {4, 4, 4}}, value: 3,
	},
	"with an old version just the same": {
		metadata: topic.with(values{"version": "0.9.0.1"}), commits: commits{"a": {4, 5, 5}}, value: 1,
	},
	"that is active by what is there and not by what counts": {
		metadata: topic.with(values{"lagThreshold": "1", "activationLagThreshold": "4"}), commits: commits{"a": {0, 5, 5}}, value: 5,
	},
	"that is not active": {
		metadata: topic.with(values{"activationLagThreshold": "5"}), commits: commits{"a": {0, 5, 5}}, value: 5, inactive: true,
	},
}

func TestLagOnFake(t *testing.T) {
	f := newOpenFake(t)
	testLags(t, f.admin, f.address(), "")
}

func TestLagOnServer(t *testing.T) {
	a, address := server(t, "SCALERKIT_TEST_KAFKA")
	testLags(t, a, address, fmt.Sprintf("lag-%d-", time.Now().UnixNano()))
}

// testLags checks all lags on a cluster. What it makes there begins with
// prefix.
func testLags(t *testing.T, a admin, address, prefix string) {
	a.create(t, prefix+"a", 5, 5, 5)
	a.create(t, prefix+"six", 1, 1, 1, 1, 1, 1)
	a.create(t, prefix+"deleted", 5)
	a.truncate(t, prefix+"deleted", 0, 3)
	a.create(t, prefix+"others", 9)
	// The first commit of all makes a broker ready for consumer groups.
	require.NoError(t, a.commit(context.Background(), prefix+"others", prefix+"others", 0))
	for name, c := range lags {
		t.Run(name, func(t *testing.T) {
			group := prefix + name
			for topic, offsets := range c.commits {
				require.NoError(t, a.commit(context.Background(), group, prefix+topic, offsets...))
			}
			driver := kafka.Driver()
			if c.apache {
				driver = kafka.ApacheDriver()
			}
			metadata := values{"bootstrapServers": address, "consumerGroup": group}.with(c.metadata)
			if topics := metadata["topic"]; topics != "" {
				metadata["topic"] = prefix + strings.ReplaceAll(strings.ReplaceAll(topics, " ", ""), ",", ","+prefix)
			}
			s := opened(t)(driver.Open(scalerkit.Spec{Type: driver.Name(), Metadata: metadata}, scalerkit.Options{}))
			r := wantValue(t, s, c.value)
			require.Equal(t, !c.inactive, r.IsActive(s.Metric()))
			require.Equal(t, c.even, r.Even)
			require.Equal(t, max(cmp.Or(c.limit, 3), 0), r.Limit)
		})
	}
}

// TestOpenTransactionsOnServer has a producer that takes its time.
func TestOpenTransactionsOnServer(t *testing.T) {
	a, address := server(t, "SCALERKIT_TEST_KAFKA")
	topic := fmt.Sprintf("transactions-%d", time.Now().UnixNano())
	a.create(t, topic, 3)
	require.NoError(t, a.commit(context.Background(), topic, topic, 1))
	open := func(level string) scalerkit.Scaler {
		config := kafka.Config{}
		config.BootstrapServers, config.ConsumerGroup, config.Topics, config.IsolationLevel = []string{address}, topic, []string{topic}, level
		return opened(t)(kafka.New(config, scalerkit.Options{}))
	}
	all, committed := open("read_uncommitted"), open("read_committed")
	wantValue(t, committed, 2)

	producer := newAdmin(t, address, kgo.TransactionalID(topic)).client
	require.NoError(t, producer.BeginTransaction())
	records := []*kgo.Record{{Topic: topic, Value: []byte("x")}, {Topic: topic, Value: []byte("y")}}
	require.NoError(t, producer.ProduceSync(context.Background(), records...).FirstErr())
	wantValue(t, all, 4)
	wantValue(t, committed, 2)

	require.NoError(t, producer.EndTransaction(context.Background(), kgo.TryCommit))
	const marker = 1
	require.Eventually(t, func() bool {
		r, err := committed.Read(context.Background())
		return err == nil && r.Value == 4+marker
	}, 10*time.Second, 10*time.Millisecond)
	wantValue(t, all, 4+marker)
}

func TestCommittedMessagesEndAtTheLastStableOffset(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 5)
	require.NoError(t, f.commit(context.Background(), group, "a", 1))
	f.on(kmsg.NewPtrListOffsetsRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		request := r.(*kmsg.ListOffsetsRequest)
		if request.IsolationLevel == 0 {
			return nil, nil, false
		}
		answer := offsetsAnswer(request)
		answer.Topics[0].Partitions[0].Offset = 3
		return answer, nil, true
	})
	pool := new(scalerkit.Pool)
	all := f.shared(t, pool, kafka.Driver(), values{"topic": "a"})
	committed := f.shared(t, pool, kafka.Driver(), values{"topic": "a", "isolationLevel": "read_committed"})
	results := scalerkit.ReadAll(context.Background(), all, committed)
	require.NoError(t, results[0].Err)
	require.NoError(t, results[1].Err)
	require.Equal(t, 4.0, results[0].Reading.Value)
	require.Equal(t, 2.0, results[1].Reading.Value)
}

// offsetsAnswer returns an answer with offset 0 for every partition.
func offsetsAnswer(request *kmsg.ListOffsetsRequest) *kmsg.ListOffsetsResponse {
	answer := request.ResponseKind().(*kmsg.ListOffsetsResponse)
	for _, t := range request.Topics {
		at := kmsg.NewListOffsetsResponseTopic()
		at.Topic = t.Topic
		for _, p := range t.Partitions {
			ap := kmsg.NewListOffsetsResponseTopicPartition()
			ap.Partition, ap.Offset = p.Partition, 0
			at.Partitions = append(at.Partitions, ap)
		}
		answer.Topics = append(answer.Topics, at)
	}
	return answer
}

func TestAGroupWithoutCommittedOffsetsHasNoTopicsAndNotAllOfTheCluster(t *testing.T) {
	for _, driver := range []scalerkit.Driver{kafka.Driver(), kafka.ApacheDriver()} {
		f := newOpenFake(t)
		f.create(t, "others", 9)
		f.record()
		wantError(t, f.trigger(t, driver, nil), scalerkit.ErrNotFound,
			`read lag of group "workers": not found: the group has no committed offsets that would tell its topics: name them in topic`)
		require.NotContains(t, f.requests(), "Metadata")
	}
}

func TestReadingsThatFollowEachOtherCloselyExcludeNothing(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 5)
	require.NoError(t, f.commit(context.Background(), group, "a", 1))
	s := f.trigger(t, kafka.Driver(), values{"topic": "a", "excludePersistentLag": "true"})
	for range 3 {
		wantValue(t, s, 4)
	}
}
