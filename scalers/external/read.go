package external

import (
	"context"
	"fmt"
	"math"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/rpc"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// metricsAtATime is how many metrics of one trigger are read side by side.
const metricsAtATime = 8

// read takes a reading: whether the server calls for replicas, and for how many.
func read(ctx context.Context, c *client, q question) (scalerkit.Reading, error) {
	ctx, cancel := rpc.Within(ctx)
	defer cancel()
	var activity wire.Activity
	var specs wire.Measures
	failed := make([]error, 2)
	each.Do(2, 2, func(i int) {
		if i == 0 {
			failed[i] = c.call(ctx, q, wire.GetMetricSpec, &q.ref, &specs)
		} else {
			failed[i] = c.call(ctx, q, wire.IsActive, &q.ref, &activity)
		}
	})
	if err := first(failed); err != nil {
		return scalerkit.Reading{}, err
	}
	metrics, err := c.metrics(ctx, q, specs)
	if err != nil {
		return scalerkit.Reading{}, err
	}
	reading := largest(metrics)
	reading.Activity = scalerkit.Inactive
	if activity.Active {
		reading.Activity = scalerkit.Active
	}
	return reading, nil
}

// A metric is a level and the server's target for it.
type metric struct {
	name          string
	value, target float64
}

// metrics reads what the server says that there is, at least one.
func (c *client) metrics(ctx context.Context, q question, specs wire.Measures) ([]metric, error) {
	if len(specs) == 0 {
		return nil, fmt.Errorf("%s: the server names no metric", wire.GetMetricSpec)
	}
	metrics, failed := make([]metric, len(specs)), make([]error, len(specs))
	each.Do(len(specs), metricsAtATime, func(i int) {
		metrics[i], failed[i] = c.metric(ctx, q, specs[i])
	})
	return metrics, first(failed)
}

// first returns the first error that is one.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *client) metric(ctx context.Context, q question, spec wire.Measure) (metric, error) {
	m := metric{name: spec.Name, target: spec.Number()}
	if !(m.target > 0) || math.IsInf(m.target, 0) {
		return m, fmt.Errorf("%s: the target of metric %q is %v, which is not finite and greater than 0", wire.GetMetricSpec, m.name, m.target)
	}
	var values wire.Measures
	if err := c.call(ctx, q, wire.GetMetrics, &wire.Request{Ref: q.ref, Metric: spec.Name}, &values); err != nil {
		return m, err
	}
	if len(values) == 0 {
		return m, fmt.Errorf("%s: metric %q has no value", wire.GetMetrics, m.name)
	}
	for _, v := range values {
		m.value += v.Number()
	}
	if math.IsNaN(m.value) || math.IsInf(m.value, 0) {
		return m, fmt.Errorf("%s: metric %q is %v, which is no finite number", wire.GetMetrics, m.name, m.value)
	}
	return m, nil
}

// largest returns the reading of the metric that calls for most replicas.
func largest(metrics []metric) scalerkit.Reading {
	most := metrics[0]
	for _, m := range metrics[1:] {
		if m.value/m.target > most.value/most.target {
			most = m
		}
	}
	r := scalerkit.Reading{Value: max(most.value, 0), Target: most.target}
	if len(metrics) > 1 {
		r.Note = fmt.Sprintf("metric %q is the one of %d that calls for most", most.name, len(metrics))
	}
	if most.value < 0 {
		r.Note = fmt.Sprintf("metric %q is %v, which counts as 0", most.name, most.value)
	}
	return r
}
