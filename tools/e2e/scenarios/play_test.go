package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/tools/e2e/broker"
)

// A play is a scenario on the control plane.
type play struct {
	scenario
	mode      mode
	namespace string
	proxy     *broker.Proxy // between the operator and the queue; nil: there is none
	history   *history

	begin  time.Time
	pushed []push          // as it was
	down   simulate.Window // as it was
}

// workload is the name of the play's workload, and of all that it has.
func (p *play) workload() string { return p.scenario.workload(p.mode) }

// address is where the operator finds the queue.
func (p *play) address() string {
	if p.proxy != nil {
		return p.proxy.Address
	}
	return r.Redis.Address
}

// manifest returns the play's Deployment and the ScaledObject that scales it by a list.
// All three have one name.
func (p *play) manifest() string {
	kind := "AverageValue"
	if p.target.Kind == scalerkit.Total {
		kind = "Value"
	}
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 0
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}, annotations: {e2e.scalerkit/starts: %[2]s}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: "example.com/worker:1"}]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: %[1]s
  annotations: {scalerkit.dev/mode: %[3]s}
spec:
  scaleTargetRef: {name: %[1]s}
  pollingInterval: %[4]d
  cooldownPeriod: %[5]d
  maxReplicaCount: %[6]d
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {scaleDown: {stabilizationWindowSeconds: %[7]d}}
  triggers:
  - type: redis
    metricType: %[8]s
    metadata: {address: %[9]q, listName: %[1]q, listLength: "%[10]v"}
    authenticationRef: {name: redis}
`, p.workload(), p.start, p.mode, int(interval.Seconds()), int(p.cooldown.Seconds()), p.most, int(p.window.Seconds()), kind, p.address(), p.target.Value)
}

// step is how often there is something to do.
const step = 100 * time.Millisecond

// run plays the scenario from its begin to its end.
func (p *play) run(ctx context.Context) error {
	workers := workers{client: r.Redis.Client, list: p.workload(), work: time.Duration(float64(time.Second) / p.rate)}
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		at := time.Since(p.begin)
		switch {
		case at < 0:
			continue
		case at > p.length:
			return nil
		}
		p.cutOff(at)
		if err := p.push(ctx, at); err != nil {
			return fmt.Errorf("%s: %w", p.workload(), err)
		}
		if err := workers.take(ctx, p.begin.Add(at), p.history.readyReplicas(p.workload())); err != nil {
			return fmt.Errorf("%s: %w", p.workload(), err)
		}
	}
}

// cutOff cuts the operator off from the queue, and ends that.
func (p *play) cutOff(at time.Duration) {
	switch {
	case p.proxy == nil:
	case p.down.From == 0 && at >= p.cut.From:
		p.proxy.Cut()
		p.down.From = at
	case p.down.To == 0 && at >= p.cut.To:
		p.proxy.Restore()
		p.down.To = at
	}
}

// push has messages arrive that are due.
func (p *play) push(ctx context.Context, at time.Duration) error {
	for len(p.pushed) < len(p.pushes) && at >= p.pushes[len(p.pushed)].at {
		n := p.pushes[len(p.pushed)].messages
		if err := r.Redis.Client.RPush(ctx, p.workload(), make([]any, n)...).Err(); err != nil {
			return fmt.Errorf("pushing %d messages: %w", n, err)
		}
		p.pushed = append(p.pushed, push{at, n})
	}
	return nil
}

// recorded returns the rounds of the workload that the operator has recorded.
func (p *play) recorded() ([]record.Round, error) {
	var list []record.Round
	for round, err := range record.ReadDir(rounds) {
		if err != nil {
			return nil, err
		}
		if round.Namespace == p.namespace && round.Name == p.workload() {
			list = append(list, round)
		}
	}
	return list, nil
}

// polls returns a time at which the workload's queue was polled, as it is each
// interval. Rounds that were brought forward say nothing about that.
func (p *play) polls() (time.Time, error) {
	list, err := p.recorded()
	for i := len(list) - 1; i > 0; i-- {
		if list[i].Time.Sub(list[i-1].Time).Round(time.Millisecond) == interval {
			return list[i].Time, nil
		}
	}
	return time.Time{}, cmp.Or(err, errors.New(p.workload()+": no two rounds are an interval apart"))
}

// polled returns when the workload's queue was polled first in the play.
func (p *play) polled() (time.Time, error) {
	list, err := p.recorded()
	for _, round := range list {
		if !round.Time.Before(p.begin) {
			return round.Time, nil
		}
	}
	return time.Time{}, cmp.Or(err, errors.New(p.workload()+": no round is recorded"))
}

// measured returns what the simulation is told of the run.
func (p *play) measured() (input, error) {
	poll, err := p.polled()
	in := input{poll: poll.Sub(p.begin), pushes: p.pushed, cut: p.down, start: p.start}
	if look, ok := p.history.look(p.workload()); ok {
		in.look = untilLook(p.begin, look)
	}
	return in, err
}

// next returns the first of the times that are a period apart which is not before
// another time.
func next(one time.Time, period time.Duration, notBefore time.Time) time.Time {
	if behind := notBefore.Sub(one); behind > 0 {
		one = one.Add((behind + period - 1) / period * period)
	}
	return one
}
