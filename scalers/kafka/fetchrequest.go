package kafka

import (
	"errors"

	"github.com/segmentio/kafka-go/protocol"
)

// A fetchRequest asks for the committed offsets of many groups. Package
// protocol ends at version 5, which asks for one.
type fetchRequest struct{ groups []*groupOffsets }

func (r *fetchRequest) ApiKey() protocol.ApiKey { return protocol.OffsetFetch } //nolint:staticcheck // protocol.Message has it so

func (r *fetchRequest) encode(id int32) []byte {
	e := newEncoder(protocol.OffsetFetch, manyGroups, id)
	e.array(len(r.groups))
	for _, g := range r.groups {
		e.string(g.group)
		if g.whole {
			e.null()
		} else {
			e.array(len(g.topics))
			for _, t := range g.topics {
				e.string(t.topic)
				partitions := t.partitions()
				e.array(len(partitions))
				for _, p := range partitions {
					e.int32(p)
				}
				e.end()
			}
		}
		e.end()
	}
	e.bool(false) // offsets of transactions that are not finished do not matter
	e.end()
	return e.frame()
}

func (r *fetchRequest) decode(answer []byte) error {
	byName := make(map[string]*groupOffsets, len(r.groups))
	for _, g := range r.groups {
		byName[g.group] = g
	}
	d := &decoder{rest: answer}
	d.end()   // of the header
	d.int32() // throttle time
	for range d.array() {
		g := byName[d.string()]
		if g == nil {
			return errors.New("the broker's answer to OffsetFetch has a group that was not asked for")
		}
		for range d.array() {
			topic := g.topic(d.string(), 0)
			for range d.array() {
				partition, committed := d.int32(), d.int64()
				d.int32()  // leader epoch
				d.string() // metadata
				topic.take(partition, committed, d.int16())
				d.end()
			}
			d.end()
		}
		g.end(d.int16())
		d.end()
	}
	d.end()
	return d.err
}
