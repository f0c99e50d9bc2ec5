package driver

import (
	"reflect"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// MetricOf returns the Metric that the tags of a Config, a pointer to a struct,
// describe: the field that is tagged as the target is its target, of the kind in
// the field of type TargetKind, and the one that is tagged as the activation is
// that. Its name is a [MetricName].
func MetricOf(config any, nameParts ...string) scalerkit.Metric {
	v := reflect.ValueOf(config).Elem()
	m := scalerkit.Metric{Name: MetricName(nameParts...)}
	layout := layoutOf(v.Type())
	for i := range layout.fields {
		switch f := &layout.fields[i]; f.option {
		case optionTarget:
			m.Target.Value = toFloat(v.FieldByIndex(f.index))
		case optionActivation:
			m.Activation = toFloat(v.FieldByIndex(f.index))
		}
	}
	if f := layout.metricType; f != nil {
		m.Target.Kind = scalerkit.TargetKind(v.FieldByIndex(f.index).String())
	}
	return m
}

// toFloat returns a number, or what a pointer to one points to; 0 if it is nil.
func toFloat(v reflect.Value) float64 {
	switch v = reflect.Indirect(v); {
	case !v.IsValid():
		return 0
	case v.CanInt():
		return float64(v.Int())
	}
	return v.Float()
}

// MetricName returns the name for a [scalerkit.Metric]: parts joined by "-", in which
// "-" takes the place of the characters that would be awkward in the URL of a
// metrics API, as in KEDA. Parts must not contain credentials.
func MetricName(parts ...string) string {
	return metricNameReplacer.Replace(strings.Join(parts, "-"))
}

var metricNameReplacer = strings.NewReplacer("/", "-", ".", "-", ":", "-", "%", "-", "(", "-", ")", "-")
