package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// What is played without flags.
const (
	examplePolicyFile = "example/scaledobject.yaml"
	exampleLoadFile   = "example/series.csv"
)

//go:embed example/scaledobject.yaml
var examplePolicy []byte

// A policy is a ScaledObject as it is played.
type policy struct {
	file     string
	direct   autoscale.Policy // scales by itself
	delegate autoscale.Policy // leaves what runs to an HPA
	interval time.Duration
	trigger  string // by its name in a formula
	metric   scalerkit.Metric
	workload promrange.Workload
	notes    []string // what is to be known of it

	object    *v1alpha1.ScaledObject
	manifests *keda.Manifests
}

// readPolicies reads the files of -policy. The error has everything that is wrong.
func readPolicies(cfg config) ([]policy, error) {
	if len(cfg.policies) == 0 {
		p, err := parsePolicy(cfg, examplePolicyFile, examplePolicy)
		return []policy{p}, err
	}
	var policies []policy
	var problems []error
	for _, file := range cfg.policies {
		text, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("-policy: %w", err))
			continue
		}
		p, err := parsePolicy(cfg, file, text)
		policies, problems = append(policies, p), append(problems, joined.Each("", err)...)
	}
	return policies, errors.Join(problems...)
}

// oneObject reads a file with one ScaledObject.
func oneObject(file string, text []byte) (*v1alpha1.ScaledObject, *keda.Manifests, error) {
	manifests, err := keda.Parse(file, text)
	switch {
	case err != nil:
		return nil, nil, err
	case len(manifests.ScaledJobs) > 0:
		return nil, nil, fmt.Errorf("%s: there is a ScaledJob, and only ScaledObjects can be played", file)
	case len(manifests.ScaledObjects) != 1:
		return nil, nil, fmt.Errorf("%s: there are %d ScaledObjects, and it takes one in each file", file, len(manifests.ScaledObjects))
	}
	return manifests.ScaledObjects[0], manifests, nil
}

func parsePolicy(cfg config, file string, text []byte) (policy, error) {
	so, manifests, err := oneObject(file, text)
	if err != nil {
		return policy{}, err
	}
	p := policy{
		file: file, interval: so.PollingInterval(), workload: workloadOf(so), notes: manifests.Warnings,
		object: so, manifests: manifests,
	}
	var delegateErr error
	p.direct, err = keda.Policy(so, true)
	p.delegate, delegateErr = keda.Policy(so, false)
	if err == nil {
		err = delegateErr
	}
	if err == nil {
		err = p.chooseTrigger(cfg)
	}
	return p, errors.Join(joined.Each(file+": ", err)...)
}

// chooseTrigger finds the trigger that reads the queue, and what that says of it.
func (p *policy) chooseTrigger(cfg config) error {
	var labels []string
	var able []int
	for i, t := range p.object.Spec.Triggers {
		at := fmt.Sprintf("triggers[%d]", i)
		labels = append(labels, fmt.Sprintf("%s (%s)", cmp.Or(t.Name, at), t.Type))
		asked := cfg.trigger == "" || cfg.trigger == t.Name || cfg.trigger == at
		if asked && !keda.IsResource(t.Type) && t.Type != "cron" {
			able = append(able, i)
		}
	}
	switch {
	case len(able) == 0 && cfg.trigger == "":
		return fmt.Errorf("no trigger reads a queue: there is %s", strings.Join(labels, ", "))
	case len(able) == 0:
		return fmt.Errorf("-trigger %s: no trigger that reads a queue is called so: there is %s", cfg.trigger, strings.Join(labels, ", "))
	case len(able) > 1:
		return fmt.Errorf("-trigger has to say which trigger reads the queue: %s", strings.Join(labels, ", "))
	}
	chosen := able[0]
	p.workload.Trigger = chosen
	if err := p.read(cfg); err != nil {
		return errors.Join(joined.Each("trigger "+labels[chosen]+": ", err)...)
	}
	p.notes = append(p.notes, p.reads(labels[chosen]))
	if others := slices.Delete(labels, chosen, chosen+1); len(others) > 0 {
		p.notes = append(p.notes, "not played: "+strings.Join(others, ", "))
	}
	if p.chosen().UseCachedMetrics {
		p.notes = append(p.notes, "KEDA is played without useCachedMetrics: its HPA reads the source whenever it looks")
	}
	return nil
}

// chosen is the trigger that reads the queue.
func (p *policy) chosen() v1alpha1.ScaleTriggers { return p.object.Spec.Triggers[p.workload.Trigger] }

// read finds out what the chosen trigger measures.
func (p *policy) read(cfg config) error {
	t := p.chosen()
	if target, ok := cfg.targets[p.file]; ok {
		p.trigger = cmp.Or(t.Name, simulate.DefaultName)
		p.metric.Target = scalerkit.Target{Kind: scalerkit.PerReplica, Value: target}
		if t.MetricType == autoscalingv2.ValueMetricType {
			p.metric.Target.Kind = scalerkit.Total
		}
		p.notes = append(p.notes, "the target is that of -target; the trigger counts as active above 0, and reads messages that wait")
	} else if err := p.open(); err != nil {
		if !keda.RefersElsewhere(t) {
			return err
		}
		var problems []error
		for _, problem := range joined.Each("", err) {
			problems = append(problems, fmt.Errorf("%w (what is missing may stand in the same file, or -target %s=… takes its place)", problem, p.file))
		}
		return errors.Join(problems...)
	}
	if c := p.direct.Combine; c != nil {
		if _, err := c.Func(map[string]float64{p.trigger: 1}); err != nil {
			return fmt.Errorf("the formula needs more than this trigger: %w", err)
		}
		p.metric.Target = c.Target // its own does not count
	}
	return nil
}

// open finds out what the chosen trigger measures by opening it.
func (p *policy) open() error {
	index, t := p.workload.Trigger, p.chosen()
	scaler, err := openTrigger(context.Background(), p.object, p.manifests, index)
	if err != nil {
		return err
	}
	p.trigger, p.metric = keda.NewTrigger(index, t.Type, t.Name, scaler).Name, scaler.Metric()
	return scaler.Close()
}

// openTrigger opens a trigger, which asks nobody.
func openTrigger(ctx context.Context, so *v1alpha1.ScaledObject, manifests *keda.Manifests, index int) (scalerkit.Scaler, error) {
	resolved, err := keda.References{Reader: manifests}.Spec(ctx, so.Spec.Triggers[index], keda.OwnerOf(so, manifests.Pod(so)))
	if err != nil {
		return nil, err
	}
	return all.Registry().Open(resolved.Spec, scalerkit.Options{})
}

// reads says what the trigger reads.
func (p *policy) reads(label string) string {
	what := "messages that wait"
	if p.metric.InFlight {
		what = "messages that wait or are being worked on"
	}
	kind := "a replica"
	if p.metric.Target.Kind == scalerkit.Total {
		kind = "all replicas"
	}
	return fmt.Sprintf("trigger %s reads the number of %s, %v for %s, every %v", label, what, p.metric.Target.Value, kind, p.interval)
}
