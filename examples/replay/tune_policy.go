package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// What may be tuned. The target has another key with each type of trigger.
const (
	keyTarget     = "target"
	keyInterval   = "pollingInterval"
	keyCooldown   = "cooldownPeriod"
	keyMin        = "minReplicaCount"
	keyUpWindow   = "scaleUp.stabilizationWindowSeconds"
	keyUpLimits   = "scaleUp.policies"
	keyDownWindow = "scaleDown.stabilizationWindowSeconds"
	keyDownLimits = "scaleDown.policies"
)

var tunedKeys = []string{keyTarget, keyInterval, keyCooldown, keyMin, keyUpWindow, keyUpLimits, keyDownWindow, keyDownLimits}

// A tunable is a policy with what may be changed.
type tunable struct {
	policy *policy
	name   string // of the target in a setting
	target []any  // where it is in the object; nil: it cannot be changed
	given  tune.Setting
	space  tune.Space
	notes  []string
}

func newTunable(cfg *tuneConfig, p *policy) (*tunable, error) {
	t := &tunable{policy: p, name: p.trigger}
	t.given = tune.Setting{Policy: p.direct, Interval: p.interval}
	if cfg.mode != forDirect {
		t.given.Policy = p.delegate
	}
	value := p.metric.Target.Value
	if p.direct.Combine != nil {
		t.name, t.target = autoscale.Formula, []any{"spec", "advanced", "scalingModifiers", "target"}
	} else if _, told := cfg.targets[p.file]; !told {
		t.target = p.targetPath()
	}
	t.given.Targets = map[string]float64{t.name: value}
	t.space = tune.Around(t.given)
	t.space.Intervals = nil
	for _, n := range []time.Duration{1, 2, 3, 5, 10, 15, 20, 30, 60} {
		if n*time.Second >= max(cfg.fastest, cfg.tick) {
			t.space.Intervals = append(t.space.Intervals, n*time.Second)
		}
	}
	t.keep(cfg)
	if t.target == nil && !cfg.keep[keyTarget] {
		t.notes = append(t.notes, "the target stays: no key of the trigger's metadata says it")
		t.space.Targets = nil
	} else if p.direct.Combine == nil && t.space.Targets != nil {
		t.space.Targets[t.name] = slices.DeleteFunc(t.space.Targets[t.name], func(v float64) bool { return !p.takes(t.target, v) })
	}
	if p.interval%time.Second != 0 || value <= 0 || math.IsInf(value, 0) {
		return nil, fmt.Errorf("%s: a target of %v every %v cannot be tuned", p.file, value, p.interval)
	}
	return t, nil
}

// keep takes what is to be kept out of the space.
func (t *tunable) keep(cfg *tuneConfig) {
	for key, forget := range map[string]func(*tune.Space){
		keyTarget:     func(s *tune.Space) { s.Targets = nil },
		keyInterval:   func(s *tune.Space) { s.Intervals = nil },
		keyCooldown:   func(s *tune.Space) { s.Cooldowns = nil },
		keyMin:        func(s *tune.Space) { s.Mins = nil },
		keyUpWindow:   func(s *tune.Space) { s.UpWindows = nil },
		keyUpLimits:   func(s *tune.Space) { s.UpLimits = nil },
		keyDownWindow: func(s *tune.Space) { s.DownWindows = nil },
		keyDownLimits: func(s *tune.Space) { s.DownLimits = nil },
	} {
		if cfg.keep[key] {
			forget(&t.space)
		}
	}
}

// targetPath finds the key of the trigger's metadata that says its target: the one with
// which the trigger has another.
func (p *policy) targetPath() []any {
	trigger := p.chosen()
	driver, ok := all.Registry().Driver(trigger.Type)
	if !ok {
		return nil
	}
	var names []string
	for _, param := range driver.Params() {
		if param.Type != "int" && param.Type != "float" || !slices.Contains(param.From, "metadata") {
			continue
		}
		for i, name := range param.Names {
			if _, there := trigger.Metadata[name]; there || i == 0 {
				names = append(names, name)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { // those that are there first
		return cmp.Compare(missing(trigger.Metadata, a), missing(trigger.Metadata, b))
	})
	for _, name := range names {
		path := []any{"spec", "triggers", p.workload.Trigger, "metadata", name}
		if p.takes(path, 2*math.Ceil(p.metric.Target.Value)) {
			return path
		}
	}
	return nil
}

func missing(metadata map[string]string, name string) int {
	if _, there := metadata[name]; there {
		return 0
	}
	return 1
}

// takes says that the trigger has a target if it is put there, and measures the same.
func (p *policy) takes(path []any, target float64) bool {
	changed := *p
	changed.object = p.object.DeepCopy()
	metadata := changed.chosen().Metadata
	if metadata == nil {
		return false
	}
	metadata[path[len(path)-1].(string)] = decimal(target)
	if err := changed.open(); err != nil {
		return false
	}
	want := p.metric
	want.Target = scalerkit.Target{Kind: want.Target.Kind, Value: target}
	return changed.metric.Target == want.Target && changed.metric.InFlight == want.InFlight && changed.metric.Activation == want.Activation
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// An edited is a value in the object that takes the place of another.
type edited struct {
	Key   string `json:"key"`
	Given string `json:"given"`
	Tuned string `json:"tuned"`

	path  []any // as an inplace.Change has them
	value any
}

// changes are what makes the given setting another one.
func (t *tunable) changes(to tune.Setting) []edited {
	from, list := t.given, []edited{}
	add := func(key, given, tuned string, value any, path ...any) {
		if given != tuned {
			list = append(list, edited{key, given, tuned, path, value})
		}
	}
	if target := t.target; target != nil {
		key := fmt.Sprint(target[len(target)-1])
		if len(target) > 4 {
			key = fmt.Sprintf("triggers[%d].%s", target[2], key)
		} else {
			key = "scalingModifiers." + key
		}
		value := decimal(to.Targets[t.name])
		add(key, decimal(from.Targets[t.name]), value, value, target...)
	}
	seconds := func(key string, given, tuned time.Duration, path ...any) {
		add(key, given.String(), tuned.String(), int(tuned/time.Second), path...)
	}
	seconds(keyInterval, from.Interval, to.Interval, "spec", keyInterval)
	seconds(keyCooldown, from.Policy.Cooldown, to.Policy.Cooldown, "spec", keyCooldown)
	add(keyMin, strconv.Itoa(from.Policy.Min), strconv.Itoa(to.Policy.Min), to.Policy.Min, "spec", keyMin)
	var stated autoscale.Behavior // and not what direct mode has in its place
	if a := t.policy.object.Spec.Advanced; a != nil && a.HorizontalPodAutoscalerConfig != nil && a.HorizontalPodAutoscalerConfig.Behavior != nil {
		stated = hpa.Behavior(a.HorizontalPodAutoscalerConfig.Behavior.ScaleUp)
	}
	for _, direction := range []struct {
		name     string
		from, to autoscale.Behavior
		stated   []autoscale.Limit
	}{
		{"scaleUp", from.Policy.Up, to.Policy.Up, stated.Limits},
		{"scaleDown", from.Policy.Down, to.Policy.Down, from.Policy.Down.Limits},
	} {
		behavior := []any{"spec", "advanced", "horizontalPodAutoscalerConfig", "behavior", direction.name}
		if w := direction.to.Window; w != nil && w != direction.from.Window {
			add(direction.name+".stabilizationWindowSeconds", windowText(direction.from.Window), w.String(), int(*w/time.Second),
				append(slices.Clone(behavior), "stabilizationWindowSeconds")...)
		}
		if limits := direction.to.Limits; !slices.Equal(limits, direction.from.Limits) {
			add(direction.name+".policies", limitsText(direction.stated), limitsText(limits), limits,
				append(slices.Clone(behavior), "policies")...)
		}
	}
	return list
}

// notSet is in place of a value that the object does not state.
const notSet = "not set"

func windowText(d *time.Duration) string {
	if d == nil {
		return notSet
	}
	return d.String()
}

func limitsText(limits []autoscale.Limit) string {
	if len(limits) == 0 {
		return notSet
	}
	text := ""
	for i, l := range limits {
		if i > 0 {
			text += ", "
		}
		text += l.String()
	}
	return text
}
