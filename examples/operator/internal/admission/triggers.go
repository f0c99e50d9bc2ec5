package admission

import (
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// parameters checks the parameters of triggers, as far as they are known.
func (w *Webhook) parameters(f *keda.Findings, triggers []v1alpha1.ScaleTriggers) {
	for i, t := range triggers {
		if !keda.IsResource(t.Type) {
			w.trigger(f, i, t)
		}
	}
}

func (w *Webhook) trigger(f *keda.Findings, index int, t v1alpha1.ScaleTriggers) {
	spec := scalerkit.Spec{Type: t.Type, Name: t.Name, MetricType: scalerkit.TargetKind(t.MetricType), Metadata: t.Metadata}
	warn := func(e scalerkit.ConfigError) { f.Warn("triggers[%d]: %v", index, e) }
	driver, known := w.Registry.Driver(t.Type)
	reason := "incorrect-metadata"
	var err error
	switch {
	case known && waitsForMore(t):
		err = driver.CheckValues(spec, warn)
	default:
		if !known {
			reason = "unknown-trigger-type"
		}
		var scaler scalerkit.Scaler
		scaler, err = w.Registry.Open(spec, scalerkit.Options{Warn: warn})
		if err == nil {
			err = scaler.Close()
		}
	}
	for _, err := range joined.Each("", err) {
		f.Refuse(reason, "triggers[%d]: %v", index, err)
	}
}

// waitsForMore says whether a trigger has parameters besides those that it
// names. What they are is not known here: the secret may be created after it,
// and the workload may get another environment.
func waitsForMore(t v1alpha1.ScaleTriggers) bool {
	if t.AuthenticationRef != nil {
		return true
	}
	for key := range t.Metadata {
		if strings.HasSuffix(key, "FromEnv") || strings.Contains(key, "FromEnvFile") {
			return true
		}
	}
	return false
}
