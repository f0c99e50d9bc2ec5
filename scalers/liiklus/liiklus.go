package liiklus

import (
	"context"
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/internal/rpc"
)

// Config describes a trigger on the lag of a consumer group.
type Config struct {
	Address      string `scaler:"address,required" format:"address" doc:"host:port of Liiklus"`
	Topic        string `scaler:"topic,required" doc:"topic"`
	Group        string `scaler:"group,required" doc:"consumer group"`
	GroupVersion int64  `scaler:"groupVersion" min:"0" max:"4294967295" doc:"version of the group"`
	LagThreshold int64  `scaler:"lagThreshold,target" default:"10" above:"0" doc:"target: lag per replica"`
	Activation   int64  `scaler:"activationLagThreshold,activation" doc:"the trigger is active above this lag"`
	MetricType   scalerkit.TargetKind
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type liiklus.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "liiklus", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, driver.Plan[*rpc.Client, question, scalerkit.Reading]{
		Metric:   driver.MetricOf(c, "liiklus", c.Topic),
		Question: question{c.Topic, group{c.Group, c.GroupVersion}},
		Key:      c.Address,
		Open: func(context.Context) (*rpc.Client, error) {
			return rpc.New(rpc.Config{Service: service, Address: c.Address}, o)
		},
	}), nil
}}

var source = driver.Source[*rpc.Client, question, scalerkit.Reading]{Name: "liiklus", Ask: ask}

// A question is for the lag of a group in a topic.
type question struct {
	topic string
	group group
}

// A group is none for the ends of a topic.
type group struct {
	name    string
	version int64
}

// String implements fmt.Stringer.
func (q question) String() string {
	return fmt.Sprintf("lag of group %q in topic %q", q.group.name, q.topic)
}

// ask asks for what the groups have committed, and then for the ends of the topics,
// so that nothing is committed beyond an end meanwhile.
func ask(ctx context.Context, c *rpc.Client, questions []question) ([]driver.Answer[scalerkit.Reading], error) {
	const atATime = 32
	ctx, cancel := rpc.Within(ctx)
	defer cancel()
	request := func(ctx context.Context, q question) (offsets, error) { return q.ask(ctx, c) }
	committed := driver.Each(ctx, atATime, questions, request)
	var topics []question
	places := make(map[string]int)
	for _, q := range questions {
		if _, known := places[q.topic]; !known {
			places[q.topic] = len(topics)
			topics = append(topics, question{topic: q.topic})
		}
	}
	ends := driver.Each(ctx, atATime, topics, request)
	answers := make([]driver.Answer[scalerkit.Reading], len(questions))
	for i, q := range questions {
		end := ends[places[q.topic]]
		switch a := &answers[i]; {
		case committed[i].Err != nil:
			a.Err = committed[i].Err
		case end.Err != nil:
			a.Err = end.Err
		default:
			a.Value = lag(end.Value, committed[i].Value)
		}
	}
	return answers, nil
}

// lag makes a reading of offsets.
func lag(ends, committed offsets) scalerkit.Reading {
	r := scalerkit.Reading{Limit: len(ends)}
	beyond := 0
	for partition, end := range ends {
		if committed[partition] > end {
			beyond++
			continue
		}
		r.Value += float64(end - committed[partition])
	}
	switch {
	case len(ends) == 0:
		r.Note = "the topic has no partitions"
	case beyond > 0:
		r.Note = fmt.Sprintf("what is committed is beyond the end in %d of %d partitions, which count as 0", beyond, len(ends))
	}
	return r
}

// The service, and those of its methods that are called.
const (
	service       = "com.github.bsideup.liiklus.LiiklusService"
	getOffsets    = "GetOffsets"
	getEndOffsets = "GetEndOffsets"
)

// ask asks for what the group has committed, or for the ends of the topic.
func (q question) ask(ctx context.Context, c *rpc.Client) (answer offsets, err error) {
	method, request := getEndOffsets, rpc.Encoded(rpc.AppendString(nil, 1, q.topic))
	if q.group != (group{}) {
		method, request = getOffsets, rpc.AppendString(request, 2, q.group.name)
		request = rpc.AppendVarint(request, 3, uint64(q.group.version))
	}
	err = c.Call(ctx, method, request, &answer)
	return answer, rpc.Explain(ctx, method, err, func(text string) string {
		const most = 300 // bytes
		return line.Cut(line.Of(text), most)
	})
}

// offsets are a GetOffsetsReply or a GetEndOffsetsReply: by partition.
type offsets map[uint64]uint64

// Parse implements rpc.Decoder.
func (o *offsets) Parse(data []byte) error {
	*o = make(offsets)
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag != 1<<3|rpc.Bytes {
			return nil
		}
		var partition, offset uint64
		err := rpc.Parse(f.Bytes, func(f rpc.Field) error {
			switch f.Tag {
			case 1<<3 | rpc.Varint:
				partition = f.Bits
			case 2<<3 | rpc.Varint:
				offset = f.Bits
			}
			return nil
		})
		(*o)[partition] = offset
		return err
	})
}
