package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An Opener opens the triggers of objects.
type Opener struct {
	Registry *scalerkit.Registry
	Resolver keda.Resolver
	Options  scalerkit.Options // Warn is not used
}

// A Trigger is a trigger of an object that was opened. One that could not be has
// a Scaler that fails with the reason, so that it holds the workload as every
// trigger does that fails.
type Trigger struct {
	keda.Trigger
	text, resolved Digest
}

// Broken returns why the trigger could not be opened, nil if it was.
func (t *Trigger) Broken() error {
	if b, ok := t.Scaler.(*broken); ok {
		return b.err
	}
	return nil
}

// Plain returns triggers without what only an Opener has to know of them.
func Plain(triggers []Trigger) []keda.Trigger {
	list := make([]keda.Trigger, len(triggers))
	for i, t := range triggers {
		list[i] = t.Trigger
	}
	return list
}

// Loop returns triggers for a Loop.
func Loop(triggers []Trigger) []control.Trigger {
	list := make([]control.Trigger, len(triggers))
	for i, t := range triggers {
		list[i] = control.Trigger{Name: t.Name, Scaler: t.Scaler}
	}
	return list
}

// Opened is what came of opening the triggers of an object.
type Opened struct {
	Triggers []Trigger

	// Refs are the objects that the triggers refer to, and Expires is when to
	// open them again even if none of these changes; zero if that is never.
	Refs    []keda.Ref
	Expires time.Time

	// Problems are why triggers could not be opened, or could not be opened
	// again and go on as they are.
	Problems []error

	// Warnings are for whoever wrote the object.
	Warnings []string
}

// Open opens triggers, but not those of cpu and memory. Those of before whose
// parameters are the same stay open and are handed on. So do those that say the
// same and whose parameters cannot be found any more: a Secret that is missing
// for a moment takes nothing away from what works.
//
// The caller closes the Scalers that it does not hand to a Runner, see [Close].
func (o *Opener) Open(ctx context.Context, triggers []v1alpha1.ScaleTriggers, owner keda.Owner, before []Trigger) Opened {
	var opened Opened
	for i, trigger := range triggers {
		if keda.IsResource(trigger.Type) {
			continue
		}
		text := DigestOf(trigger)
		var old *Trigger
		if j := slices.IndexFunc(before, func(t Trigger) bool { return t.Index == i && t.text == text }); j >= 0 {
			old = &before[j]
		}
		resolved, err := o.Resolver.Spec(ctx, trigger, owner)
		opened.Refs = append(opened.Refs, resolved.Refs...)
		if at := resolved.Expires; !at.IsZero() && (opened.Expires.IsZero() || at.Before(opened.Expires)) {
			opened.Expires = at
		}
		if resolved.Stale != nil {
			opened.Warnings = append(opened.Warnings, fmt.Sprintf("%s: %v", describe(trigger), resolved.Stale))
		}
		if err != nil {
			opened.Problems = append(opened.Problems, err)
			if old == nil || old.Broken() != nil {
				old = newBroken(i, trigger, text, err, old)
			}
			opened.Triggers = append(opened.Triggers, *old)
			continue
		}
		is := DigestOf(specText(resolved.Spec))
		if old != nil && old.resolved == is {
			if err := old.Broken(); err != nil {
				opened.Problems = append(opened.Problems, err)
			}
			opened.Triggers = append(opened.Triggers, *old)
			continue
		}
		t, err := o.open(i, resolved.Spec, &opened.Warnings)
		if err != nil {
			opened.Problems = append(opened.Problems, err)
			t = newBroken(i, trigger, text, err, old)
		}
		t.text, t.resolved = text, is
		opened.Triggers = append(opened.Triggers, *t)
	}
	return opened
}

func (o *Opener) open(index int, spec scalerkit.Spec, warnings *[]string) (*Trigger, error) {
	options := o.Options
	options.Warn = func(e scalerkit.ConfigError) { *warnings = append(*warnings, e.Error()) }
	if options.Logger != nil {
		options.Logger = options.Logger.With(slog.String("trigger", spec.Name), slog.String("type", spec.Type))
	}
	scaler, err := o.Registry.Open(spec, options)
	if err != nil {
		return nil, err
	}
	return &Trigger{Trigger: keda.NewTrigger(index, spec.Type, spec.Name, scaler)}, nil
}

// Close closes the Scalers that a list of triggers has and another has not.
func Close(triggers, but []Trigger) error {
	var problems []error
	for _, t := range triggers {
		if !slices.ContainsFunc(but, func(o Trigger) bool { return o.Scaler == t.Scaler }) {
			problems = append(problems, t.Scaler.Close())
		}
	}
	return errors.Join(problems...)
}

// Same says whether two lists have the same Scalers.
func Same(a, b []Trigger) bool {
	return slices.EqualFunc(a, b, func(a, b Trigger) bool { return a.Scaler == b.Scaler })
}

// describe returns what messages call a trigger.
func describe(t v1alpha1.ScaleTriggers) string {
	if t.Name == "" {
		return t.Type + " trigger"
	}
	return fmt.Sprintf("%s trigger %q", t.Type, t.Name)
}

// broken is the Scaler of a trigger that could not be opened.
type broken struct {
	metric scalerkit.Metric
	err    error
}

// newBroken returns old if that fails with the same words.
func newBroken(index int, trigger v1alpha1.ScaleTriggers, text Digest, err error, old *Trigger) *Trigger {
	if old != nil {
		if before := old.Broken(); before != nil && before.Error() == err.Error() {
			return old
		}
	}
	metric := scalerkit.Metric{Name: driver.MetricName(trigger.Type), Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}}
	return &Trigger{Trigger: keda.NewTrigger(index, trigger.Type, trigger.Name, &broken{metric, err}), text: text}
}

// Metric implements scalerkit.Scaler.
func (b *broken) Metric() scalerkit.Metric { return b.metric }

// Read implements scalerkit.Scaler.
func (b *broken) Read(context.Context) (scalerkit.Reading, error) {
	return scalerkit.Reading{}, b.err
}

// Close implements scalerkit.Scaler.
func (b *broken) Close() error { return nil }

// specText returns all that a Spec says.
func specText(s scalerkit.Spec) any {
	return struct {
		Type, Name string
		Kind       scalerkit.TargetKind
		NoTarget   bool
		Metadata   map[string]string
		Auth, Env  map[string]string
		Identity   scalerkit.Identity
		Owner      scalerkit.Key
	}{s.Type, s.Name, s.MetricType, s.NoTarget, s.Metadata, revealed(s.Auth), revealed(s.Env), s.Identity, s.Owner}
}

func revealed(secrets map[string]scalerkit.Secret) map[string]string {
	texts := make(map[string]string, len(secrets))
	for key, secret := range secrets {
		texts[key] = secret.Reveal()
	}
	return texts
}
