package kafka

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// source says how queries are put to a cluster.
var source = driver.Source[*client, query, finding]{Name: "kafka", Ask: ask}

// A finding is the answer to a query: the round that found out where the group is
// in each partition. Each trigger makes its own reading of that.
type finding struct {
	round *round
	of    *inquiry
}

func ask(ctx context.Context, c *client, queries []query) ([]driver.Answer[finding], error) {
	round, err := c.ask(ctx, queries)
	if err != nil {
		return nil, err
	}
	answers := make([]driver.Answer[finding], len(queries))
	for i := range answers {
		answers[i].Value = finding{round, &round.inquiries[i]}
	}
	return answers, nil
}

// open returns a Scaler for parameters that were parsed.
func open(cluster *Cluster, rules *Lag, options scalerkit.Options) (scalerkit.Scaler, error) {
	if cluster.usesAzure() { // whatever is wrong with the identity is told now
		tokens, err := cluster.OAuth.Tokens.Open(cluster.AWS.Identity, cluster.azureScope(), options)
		if err != nil {
			return nil, err
		}
		if err := tokens.Close(); err != nil {
			return nil, err
		}
	}
	name := []string{"kafka", strings.Join(rules.Topics, ",")}
	if len(rules.Topics) == 0 || rules.UseRegex {
		name = []string{"kafka", rules.ConsumerGroup, "topics"}
	}
	end := logEnd
	if rules.IsolationLevel == "read_committed" {
		end = logStable
	}
	metric := driver.MetricOf(rules, name...)
	metric.InFlight = true
	t := &trigger{rules: *rules}
	return source.New(options, driver.Plan[*client, query, finding]{
		Metric:   metric,
		Question: query{group: rules.ConsumerGroup, topics: rules.topics, regex: rules.UseRegex, only: rules.only, end: end},
		Key:      *cluster,
		Open:     func(context.Context) (*client, error) { return cluster.open(options) },
		Read:     t.read,
	}), nil
}

// A trigger makes readings of positions by rules of its own.
type trigger struct {
	rules  Lag
	memory memory
}

// buffers are where positions are gathered for one reading after the other.
var buffers = sync.Pool{New: func() any { return new([]position) }}

func (t *trigger) read(f finding) (scalerkit.Reading, error) {
	buffer := buffers.Get().(*[]position)
	defer buffers.Put(buffer)
	positions, err := f.round.positions((*buffer)[:0], f.of)
	if err != nil {
		return scalerkit.Reading{}, err
	}
	*buffer = positions
	stuck := func(position) bool { return false }
	if t.rules.ExcludePersistentLag {
		stuck = t.memory.observe(positions, time.Now())
	}
	r, all := t.rules.level(positions, stuck)
	if all > float64(t.rules.ActivationThreshold) {
		r.Activity = scalerkit.Active // even if what counts is less
	}
	return r, nil
}
