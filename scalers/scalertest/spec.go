package scalertest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// with returns a copy of spec with one more key in the metadata.
func with(spec scalerkit.Spec, key, value string) scalerkit.Spec {
	spec.Metadata = plus(spec.Metadata, key, value)
	return spec
}

func plus[V any](m map[string]V, key string, value V) map[string]V {
	m = maps.Clone(m)
	if m == nil {
		m = make(map[string]V)
	}
	m[key] = value
	return m
}

// without returns a copy of spec in which nothing gives a parameter.
func without(spec scalerkit.Spec, p scalerkit.Param) scalerkit.Spec {
	spec.Metadata, spec.Auth = maps.Clone(spec.Metadata), maps.Clone(spec.Auth)
	for _, name := range p.Names {
		delete(spec.Metadata, name)
		delete(spec.Metadata, name+"FromEnv")
		delete(spec.Auth, name)
	}
	return spec
}

// waysToGive returns functions that add a value for p to a copy of a Spec,
// each in a way of its own, in the order of precedence.
func waysToGive(p scalerkit.Param) []func(scalerkit.Spec, string) scalerkit.Spec {
	var ways []func(scalerkit.Spec, string) scalerkit.Spec
	for _, place := range p.From {
		for _, name := range p.Names {
			ways = append(ways, func(spec scalerkit.Spec, value string) scalerkit.Spec {
				switch place {
				case driver.FromMetadata:
					return with(spec, name, value)
				case driver.FromAuth:
					spec.Auth = plus(spec.Auth, name, scalerkit.NewSecret(value))
				case driver.FromEnv:
					return withVariable(spec, name, value)
				}
				return spec
			})
		}
	}
	return ways
}

// withVariable returns a copy of spec with one more environment variable, that
// gives a parameter.
func withVariable(spec scalerkit.Spec, name, value string) scalerkit.Spec {
	const variable = "SCALERTEST"
	spec.Env = plus(spec.Env, variable, scalerkit.NewSecret(value))
	return with(spec, name+"FromEnv", variable)
}

// give returns a copy of spec that gives p the value, and no other.
func give(spec scalerkit.Spec, p scalerkit.Param, value string) scalerkit.Spec {
	return waysToGive(p)[0](without(spec, p), value)
}

// given returns the value of p, as far as it is in the Spec itself.
func given(spec scalerkit.Spec, p scalerkit.Param) string {
	for _, name := range p.Names {
		if value := cmp.Or(spec.Metadata[name], spec.Auth[name].Reveal()); value != "" {
			return value
		}
	}
	return ""
}

// param returns the parameter with the given name, nil if there is none.
func (e *env) param(name string) *scalerkit.Param {
	for _, p := range e.driver.Params() {
		if slices.Contains(p.Names, name) {
			return &p
		}
	}
	return nil
}

func (e *env) mustParam(name string) scalerkit.Param {
	e.Helper()
	p := e.param(name)
	if p == nil {
		e.Fatalf("the driver has no parameter %q", name)
	}
	return *p
}

// override returns the source's Spec with another value for a parameter.
func (e *env) override(name, value string) scalerkit.Spec {
	e.Helper()
	return give(e.Spec, e.mustParam(name), value)
}

// trim formats a number as a parameter's value.
func trim(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
