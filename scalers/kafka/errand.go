package kafka

import (
	"errors"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/listoffsets"
)

// A logKind is an offset of interest in the log of a partition.
type logKind int

const (
	logStart  logKind = iota
	logEnd            // behind the last message
	logStable         // the end for consumers that read committed messages only
	logKinds
)

// logTerms says how brokers are asked for a logKind.
var logTerms = [logKinds]struct {
	timestamp int64
	isolation int8
}{logStart: {-2, 0}, logEnd: {-1, 0}, logStable: {-1, 1}}

// logs are the offsets of one kind, by topic.
type logs map[string]offsets

// An errand is what is asked of one broker in one exchange. Errands to several
// brokers fill the same logs, each in its own places.
type errand struct {
	broker int32
	logs   *[logKinds]logs
	wanted [logKinds]map[string][]int32 // partitions, by topic
	groups []*groupOffsets
}

func (e *errand) want(kind logKind, topic string, partition int32) {
	if e.wanted[kind] == nil {
		e.wanted[kind] = make(map[string][]int32)
	}
	e.wanted[kind][topic] = append(e.wanted[kind][topic], partition)
	e.logs[kind][topic][partition].want(e.broker)
}

// A question is a request and what to do with its answer.
type question struct {
	request protocol.Message
	take    func(protocol.Message)
}

// run does the errand. Its error is about all that is wanted.
func (e *errand) run(w *wire) error {
	questions := fetchQuestions(w, e.groups)
	for kind := range logKinds {
		if len(e.wanted[kind]) > 0 {
			questions = append(questions, e.logQuestion(kind))
		}
	}
	if len(e.wanted[logStable]) > 0 && !w.speaks(protocol.ListOffsets, 2) {
		return errors.New("it is too old for isolationLevel read_committed: Kafka 0.11 is needed")
	}
	requests := make([]protocol.Message, len(questions))
	for i, q := range questions {
		requests[i] = q.request
	}
	answers, err := w.exchange(requests...)
	if err != nil {
		return err
	}
	for i, q := range questions {
		q.take(answers[i])
	}
	return nil
}

// fail makes err the outcome of all that is wanted.
func (e *errand) fail(err error) {
	for kind, topics := range e.wanted {
		for topic, partitions := range topics {
			for _, p := range partitions {
				e.logs[kind][topic][p].set(0, err)
			}
		}
	}
	for _, g := range e.groups {
		g.err = err
	}
}

func (e *errand) logQuestion(kind logKind) question {
	terms := logTerms[kind]
	request := &listoffsets.Request{ReplicaID: -1, IsolationLevel: terms.isolation}
	for topic, partitions := range e.wanted[kind] {
		t := listoffsets.RequestTopic{Topic: topic, Partitions: make([]listoffsets.RequestPartition, len(partitions))}
		for i, p := range partitions {
			t.Partitions[i] = listoffsets.RequestPartition{Partition: p, CurrentLeaderEpoch: -1, Timestamp: terms.timestamp}
		}
		request.Topics = append(request.Topics, t)
	}
	return question{request, func(m protocol.Message) { e.takeLogs(kind, m.(*listoffsets.Response)) }}
}

// takeLogs keeps what this broker was asked for.
func (e *errand) takeLogs(kind logKind, answer *listoffsets.Response) {
	for _, t := range answer.Topics {
		log := e.logs[kind][t.Topic]
		for _, p := range t.Partitions {
			o := log.at(p.Partition)
			if o == nil || !o.wanted || o.broker != e.broker {
				continue
			}
			err := codeError(p.ErrorCode)
			if err == nil && p.Offset < 0 {
				err = errors.New("the broker does not know its offset")
			}
			o.set(p.Offset, err)
		}
	}
}
