package main

import (
	"fmt"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// Who scales by a policy. KEDA is always among them.
var contenders = []struct {
	name    string
	decider func(policy) autoscale.Decider
}{
	{"KEDA + HPA", func(p policy) autoscale.Decider { return simulate.KEDA{Policy: p.delegate} }},
	{"with an HPA", func(p policy) autoscale.Decider { return p.delegate }},
	{"direct", func(p policy) autoscale.Decider { return p.direct }},
}

// play plays the load against each policy, by everybody.
func play(cfg config, policies []policy, l load) (*report, error) {
	r := &report{Load: l.info(cfg), Assumed: cfg.assumed}
	if cfg.draws() {
		r.timeline = newTimeline(cfg, l)
	}
	defer cfg.progress.End()
	for i, p := range policies {
		r.Policies = append(r.Policies, policyInfo{p.file, p.notes})
		for by, who := range contenders {
			world := p.scenario(cfg, l)
			world.Sources[0].Load = cfg.progress.Follow(world.Sources[0].Load, world.Length, len(r.Results), len(policies)*len(contenders))
			result, err := simulate.Run(who.decider(p), world)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.file, err)
			}
			r.Results = append(r.Results, newOutcome(p.file, who.name, &result))
			if r.timeline != nil {
				name := who.name
				if len(policies) > 1 {
					name = heading(i, name)
				}
				r.timeline.add(name, i, by, &result, mostDecisions/(len(policies)*len(contenders)))
			}
		}
	}
	return r, nil
}

// scenario is the world in which p scales: the same for everybody, but for the trigger
// and its polls.
func (p *policy) scenario(cfg config, l load) simulate.Scenario {
	return simulate.Scenario{
		Length:   l.series.Length(),
		Start:    l.series.Start,
		Replicas: p.replicas(cfg),
		Workers:  cfg.workers,
		Interval: p.interval, Phase: cfg.phase, SyncPhase: cfg.syncPhase,
		Tick: cfg.tick, Seed: cfg.seed,
		Sources: []simulate.Source{{
			Name: p.trigger, Load: l.series.Load(),
			Target: p.metric.Target, Activation: p.metric.Activation, InFlight: p.metric.InFlight,
		}},
	}
}

// replicas is how many there are at the begin.
func (p *policy) replicas(cfg config) int {
	switch {
	case cfg.replicas != nil:
		return *cfg.replicas
	case p.direct.Idle != nil:
		return *p.direct.Idle
	}
	return p.direct.Min
}
