package scalertest

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A Constructor is the New of a driver's package, see [Typed].
type Constructor func(spec scalerkit.Spec, change func(config reflect.Value), options scalerkit.Options) (scalerkit.Scaler, error)

// Typed makes of a driver's New what a [Suite] can check.
func Typed[C any](construct func(C, scalerkit.Options) (scalerkit.Scaler, error)) Constructor {
	return func(spec scalerkit.Spec, change func(reflect.Value), options scalerkit.Options) (scalerkit.Scaler, error) {
		var config C
		if err := driver.Decode(spec, &config); err != nil {
			return nil, err
		}
		change(reflect.ValueOf(&config).Elem())
		return construct(config, options)
	}
}

// newIsLikeOpen opens the same trigger in both ways.
func newIsLikeOpen(e *env) {
	s, level := e.opened()
	typed, err := e.construct(e.Spec, func(reflect.Value) {}, e.options)
	if err != nil {
		e.Fatalf("New, with what Open accepts: %v", err)
	}
	e.Cleanup(func() { e.close(typed) })
	if got, want := typed.Metric(), s.Metric(); got != want {
		e.Errorf("with New the metric is %+v, with Open %+v", got, want)
	}
	e.await(typed, level)
}

// newChecksItsConfig gives fields values that their tags forbid.
func newChecksItsConfig(e *env) {
	for _, p := range e.driver.Params() {
		for _, bad := range badGoValues(p) {
			var name string
			s, err := e.construct(e.Spec, func(config reflect.Value) { name = assign(config, p, bad) }, e.options)
			e.secrets.seeError(err)
			if err == nil {
				e.close(s) // made by mistake
			}
			if name == "" {
				continue // the field is of a type that has no such value
			}
			if err == nil {
				e.Errorf("New accepts %s %v", name, bad)
			} else if !slices.ContainsFunc(scalerkit.ConfigErrors(err), func(c scalerkit.ConfigError) bool { return isField(c.Key, name) }) {
				e.Errorf("New with %s %v: the error does not name %s: %v", name, bad, name, err)
			}
		}
	}
}

// isField reports whether a field that is called by its path has that name.
func isField(path, name string) bool { return path == name || strings.HasSuffix(path, "."+name) }

// badGoValues returns values that p must not have in a Config, of which zero
// values stand for the default.
func badGoValues(p scalerkit.Param) []any {
	var bad []any
	if len(p.Enum) > 0 {
		bad = append(bad, "no such choice")
	}
	if p.Type == "float" {
		bad = append(bad, math.NaN(), math.Inf(1))
	}
	for bound, step := range map[string]float64{p.Above: -1, p.Min: -1, p.Max: 1} {
		if n, err := strconv.ParseFloat(bound, 64); err == nil && n+step != 0 {
			bad = append(bad, n+step)
		}
	}
	return bad
}

// assign sets the field of a Config that the parameter fills, and returns its name,
// or nothing if it cannot have that value.
func assign(config reflect.Value, p scalerkit.Param, value any) (name string) {
	for i := range config.NumField() {
		field := config.Type().Field(i)
		tag, tagged := field.Tag.Lookup("scaler")
		names, _, _ := strings.Cut(tag, ",")
		switch {
		case !field.IsExported():
		case !tagged && field.Type.Kind() == reflect.Struct:
			if name = assign(config.Field(i), p, value); name != "" {
				return name
			}
		case tagged && slices.Contains(strings.Split(names, "|"), p.Names[0]):
			if set(config.Field(i), reflect.ValueOf(value)) {
				return field.Name
			}
			return ""
		}
	}
	return ""
}

// set sets a field to a text or number, if it is for such.
func set(field, value reflect.Value) bool {
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	isText := value.Kind() == reflect.String
	if isText != (field.Kind() == reflect.String) || !value.CanConvert(field.Type()) {
		return false
	}
	if n, ok := value.Interface().(float64); ok && !field.CanFloat() && n != math.Trunc(n) {
		return false
	}
	field.Set(value.Convert(field.Type()))
	return true
}
