package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/scalerkit/scalerkit/internal/each"
)

// A round is one reading of many queries. What several of them need is asked
// for once:
//
//  1. the coordinators of the consumer groups that are new, from any broker
//  2. the committed offsets of groups whose topics are not given, from their
//     coordinators: they tell the topics
//  3. the names of all topics, from any broker, if queries have regular expressions
//  4. the partitions of the topics in question, and their leaders, from any broker
//  5. from all brokers side by side: where the logs that they lead begin and
//     end, and the committed offsets of the groups that they coordinate
type round struct {
	*client
	inquiries    []inquiry
	coordinators map[string]int32 // by group
	unlocated    map[string]error // by group
	topics       map[string]topicInfo
	logs         [logKinds]logs
	whole, given map[string]*groupOffsets // by group: of all its topics, and of those that queries give
}

// An inquiry is a query, and the topics that it is about as far as they are
// known.
type inquiry struct {
	query
	topics []string
}

// ask asks all there is to ask for some queries. Its error is about all of
// them; the round has those that are about one.
func (c *client) ask(ctx context.Context, queries []query) (*round, error) {
	r := &round{client: c, inquiries: make([]inquiry, len(queries)), whole: make(map[string]*groupOffsets), given: make(map[string]*groupOffsets)}
	for kind := range r.logs {
		r.logs[kind] = make(logs)
	}
	groups := make(map[string]bool)
	for i, q := range queries {
		r.inquiries[i] = inquiry{q, q.names()}
		groups[q.group] = true
	}
	var err error
	if r.coordinators, r.unlocated, err = c.locate(ctx, slices.Sorted(maps.Keys(groups))); err != nil {
		return nil, err
	}
	r.send(ctx, r.wholeGroups())
	if err := r.match(ctx); err != nil {
		return nil, err
	}

	names := make(map[string]bool)
	for i := range r.inquiries {
		q := &r.inquiries[i]
		if g := r.whole[q.group]; g != nil && q.isWhole() {
			q.topics = g.names()
		}
		for _, name := range q.topics {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return r, nil // to ask for no topic is to ask for all
	}
	if r.topics, err = c.describe(ctx, slices.Sorted(maps.Keys(names))); err != nil {
		return nil, err
	}
	r.send(ctx, r.logsAndGroups())
	return r, nil
}

// match finds the topics of the queries with regular expressions.
func (r *round) match(ctx context.Context) error {
	var names []string // of all topics, once they are asked for
	known := make(map[string][]string)
	for i := range r.inquiries {
		q := &r.inquiries[i]
		if !q.regex {
			continue
		}
		if _, done := known[q.query.topics]; !done {
			matcher, err := pattern(q.query.topics)
			if err == nil && names == nil {
				names, err = r.list(ctx)
			}
			if err != nil {
				return err
			}
			known[q.query.topics] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !matcher.MatchString(name) })
		}
		q.topics = known[q.query.topics]
	}
	return nil
}

// groupOf returns the committed offsets of a query's group, nil if they were
// not asked for.
func (r *round) groupOf(q *inquiry) *groupOffsets {
	if q.isWhole() {
		return r.whole[q.group]
	}
	return r.given[q.group]
}

// errands are by id of the broker.
type errands map[int32]*errand

func (r *round) errand(all errands, broker int32) *errand {
	if all[broker] == nil {
		all[broker] = &errand{broker: broker, logs: &r.logs}
	}
	return all[broker]
}

// wholeGroups returns the errands for the groups whose topics are not given.
func (r *round) wholeGroups() errands {
	all := make(errands)
	for i := range r.inquiries {
		q := &r.inquiries[i]
		coordinator, ok := r.coordinators[q.group]
		if !ok || !q.isWhole() || r.whole[q.group] != nil {
			continue
		}
		r.whole[q.group] = newGroupOffsets(q.group, true)
		e := r.errand(all, coordinator)
		e.groups = append(e.groups, r.whole[q.group])
	}
	return all
}

// logsAndGroups returns the errands for everything else.
func (r *round) logsAndGroups() errands {
	all := make(errands)
	for i := range r.inquiries {
		q := &r.inquiries[i]
		for _, topic := range q.topics {
			if info := r.topics[topic]; info.err == nil {
				r.wantLogs(all, q, topic, info)
				r.wantCommitted(all, q, topic, info)
			}
		}
	}
	return all
}

// wantLogs adds to the errands where the log of each partition begins and
// ends, unless they have it.
func (r *round) wantLogs(all errands, q *inquiry, topic string, info topicInfo) {
	for _, kind := range []logKind{logStart, q.end} {
		if r.logs[kind][topic] == nil {
			r.logs[kind][topic] = make(offsets, info.room())
		}
		log := r.logs[kind][topic]
		for _, p := range info.partitions {
			if p.err == nil && q.only.include(p.index) && !log[p.index].wanted {
				r.errand(all, p.leader).want(kind, topic, p.index)
			}
		}
	}
}

// wantCommitted adds to the errands what the group has committed, unless they
// have it.
func (r *round) wantCommitted(all errands, q *inquiry, topic string, info topicInfo) {
	coordinator, ok := r.coordinators[q.group]
	if !ok || q.isWhole() {
		return
	}
	g := r.given[q.group]
	if g == nil {
		g = newGroupOffsets(q.group, false)
		r.given[q.group] = g
		e := r.errand(all, coordinator)
		e.groups = append(e.groups, g)
	}
	t := g.topic(topic, info.room())
	for _, p := range info.partitions {
		if q.only.include(p.index) {
			t.committed[p.index].want(coordinator)
		}
	}
}

// send runs errands side by side.
func (r *round) send(ctx context.Context, all errands) {
	var wait each.Group
	for broker, e := range all {
		wait.Go(func() {
			conn, err := r.broker(broker)
			if err == nil {
				err = conn.use(ctx, e.run)
			}
			if err != nil {
				e.fail(err)
			}
			for _, g := range e.groups {
				if g.err != nil {
					r.forget(g.group)
				}
			}
		})
	}
	wait.Wait()
}

// positions appends to all what the round found out for a query.
func (r *round) positions(all []position, q *inquiry) ([]position, error) {
	for _, topic := range q.topics {
		if err := r.topics[topic].err; err != nil {
			return nil, fmt.Errorf("topic %q: %w", topic, err)
		}
	}
	if err := r.unlocated[q.group]; err != nil {
		return nil, err
	}
	g := r.groupOf(q)
	if g != nil && g.err != nil {
		return nil, fmt.Errorf("committed offsets: %w", g.err)
	}
	for _, topic := range q.topics {
		starts, ends, group := r.logs[logStart][topic], r.logs[q.end][topic], g.topic(topic, 0)
		for _, info := range r.topics[topic].partitions {
			if !q.only.include(info.index) {
				continue
			}
			p := position{topicPartition: topicPartition{topic, info.index}}
			start, end := starts[info.index], ends[info.index]
			committed, err := group.in(info.index)
			if err := cmp.Or(info.err, start.err, end.err, err); err != nil {
				return nil, fmt.Errorf("%v: %w", p, err)
			}
			p.start, p.end, p.committed = start.value, end.value, committed
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, q.nothing()
	}
	return all, nil
}
