package kafka

import (
	"errors"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"
)

// groupOffsets are the committed offsets of a consumer group.
type groupOffsets struct {
	group  string
	whole  bool // of all topics that it has committed offsets of
	topics []*topicOffsets
	err    error
}

type topicOffsets struct {
	topic     string
	grows     bool // with the partitions that the broker tells of
	committed offsets
}

func newGroupOffsets(group string, whole bool) *groupOffsets {
	return &groupOffsets{group: group, whole: whole, err: errMissing}
}

// topic returns the offsets of a topic, after making room for n partitions if
// there are none.
func (g *groupOffsets) topic(name string, n int) *topicOffsets {
	for _, t := range g.topics {
		if t.topic == name {
			return t
		}
	}
	t := &topicOffsets{topic: name, grows: g.whole, committed: make(offsets, n)}
	g.topics = append(g.topics, t)
	return t
}

// in returns the committed offset in a partition. What was not asked for by
// name is not in the answer if the group has not committed it.
func (t *topicOffsets) in(partition int32) (int64, error) {
	o := t.committed.at(partition)
	if t.grows && (o == nil || !o.wanted) {
		return none, nil
	}
	return o.value, o.err
}

// take keeps the answer about a partition.
func (t *topicOffsets) take(partition int32, committed int64, code int16) {
	if missing := int(partition) + 1 - len(t.committed); t.grows && missing > 0 && partition < maxPartitions {
		t.committed = append(t.committed, make(offsets, missing)...)
	}
	if o := t.committed.at(partition); o != nil {
		o.wanted = true
		o.set(max(none, committed), codeError(code))
	}
}

// end takes the answer about the group as a whole.
func (g *groupOffsets) end(code int16) {
	g.err = codeError(code)
	if !errors.Is(g.err, kafkago.GroupIdNotFound) {
		return
	}
	g.err = nil // for most brokers, a group that never committed exists like any other
	for _, t := range g.topics {
		for i := range t.committed {
			t.committed[i].set(none, nil)
		}
	}
}

// names returns the topics that the group has committed offsets of.
func (g *groupOffsets) names() []string {
	var names []string
	for _, t := range g.topics {
		if slices.ContainsFunc(t.committed, offset.isCommitted) {
			names = append(names, t.topic)
		}
	}
	slices.Sort(names)
	return names
}

// partitions returns those of a topic that are wanted.
func (t *topicOffsets) partitions() []int32 {
	partitions := make([]int32, 0, len(t.committed))
	for p, o := range t.committed {
		if o.wanted {
			partitions = append(partitions, int32(p))
		}
	}
	return partitions
}

// manyGroups is the version of OffsetFetch that takes many groups: Kafka 3.0.
const manyGroups = 8

// fetchQuestions asks for the committed offsets of groups: of all at once, or
// of each in a request of its own if the broker is too old for that.
func fetchQuestions(w *wire, groups []*groupOffsets) []question {
	var questions []question
	if w.speaks(protocol.OffsetFetch, manyGroups) {
		const most = 1000 // so that no answer grows without limit
		for some := range slices.Chunk(groups, most) {
			questions = append(questions, question{&fetchRequest{some}, func(protocol.Message) {}})
		}
		return questions
	}
	for _, g := range groups {
		request := &offsetfetch.Request{GroupID: g.group}
		if !g.whole {
			for _, t := range g.topics {
				request.Topics = append(request.Topics, offsetfetch.RequestTopic{Name: t.topic, PartitionIndexes: t.partitions()})
			}
		}
		questions = append(questions, question{request, func(m protocol.Message) { g.take(m.(*offsetfetch.Response)) }})
	}
	return questions
}

func (g *groupOffsets) take(answer *offsetfetch.Response) {
	for _, t := range answer.Topics {
		into := g.topic(t.Name, 0)
		for _, p := range t.Partitions {
			into.take(p.PartitionIndex, p.CommittedOffset, p.ErrorCode)
		}
	}
	g.end(answer.ErrorCode)
}
