package keda

import (
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// CheckTriggers returns what there is to say about the parameters of an owner's
// triggers as far as they are known without anything that they refer to: what is in
// an authentication or in the environment may be made later. Of a trigger that
// refers to neither it is everything. Those of cpu and memory are left to
// [Resources].
func CheckTriggers(registry *scalerkit.Registry, triggers []v1alpha1.ScaleTriggers, owner Owner) Findings {
	var f Findings
	for i, t := range triggers {
		if !IsResource(t.Type) {
			f.parameters(registry, i, t, owner)
		}
	}
	return f
}

func (f *Findings) parameters(registry *scalerkit.Registry, index int, t v1alpha1.ScaleTriggers, owner Owner) {
	spec := scalerkit.Spec{
		Type: t.Type, Name: t.Name, MetricType: scalerkit.TargetKind(t.MetricType), NoTarget: owner.Formula, Metadata: t.Metadata,
	}
	warn := func(e scalerkit.ConfigError) { f.Warn("triggers[%d]: %v", index, e) }
	driver, known := registry.Driver(t.Type)
	reason := "incorrect-metadata"
	var err error
	switch {
	case known && RefersElsewhere(t):
		err = driver.CheckValues(spec, warn)
	default:
		if !known {
			reason = "unknown-trigger-type"
		}
		var scaler scalerkit.Scaler
		scaler, err = registry.Open(spec, scalerkit.Options{Warn: warn})
		if err == nil {
			err = scaler.Close()
		}
	}
	for _, err := range joined.Each("", err) {
		f.Refuse(reason, "triggers[%d]: %v", index, err)
	}
}

// RefersElsewhere reports whether a trigger has parameters besides those that it
// states: in an authentication, or in the environment of the workload.
func RefersElsewhere(t v1alpha1.ScaleTriggers) bool {
	if t.AuthenticationRef != nil {
		return true
	}
	for key := range t.Metadata {
		if strings.Contains(key, "FromEnv") {
			return true
		}
	}
	return false
}
