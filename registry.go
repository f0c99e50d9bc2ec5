package scalerkit

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Driver opens the Scalers of one trigger type. Driver packages make one
// with [NewDriver]; a [Registry] holds many.
type Driver struct {
	name    string
	aliases []string
	params  []Param
	open    func(Spec, Options) (Scaler, error)
	check   func(Spec, func(ConfigError)) error
}

// NewDriver returns a Driver for the trigger type with the given name and
// aliases. It decodes a [Spec] into a C, as [Decode] does, and hands that to
// open, which does no I/O. NewDriver panics if the tags of C are wrong.
func NewDriver[C any](name string, open func(C, Options) (Scaler, error), aliases ...string) Driver {
	layout := layoutOf(reflect.TypeFor[C]())
	params := make([]Param, len(layout.fields))
	for i, f := range layout.fields {
		params[i] = f.Param
	}
	return Driver{
		name:    name,
		aliases: aliases,
		params:  params,
		open: func(spec Spec, options Options) (Scaler, error) {
			var config C
			if err := decode(spec, &config, options.Warn); err != nil {
				return nil, err
			}
			s, err := open(config, options)
			if err != nil {
				return nil, attribute(err, spec)
			}
			return s, nil
		},
		check: func(spec Spec, warn func(ConfigError)) error {
			var config C
			return checkValues(spec, &config, warn)
		},
	}
}

// attribute makes err, from a driver's New, say what trigger it is about.
func attribute(err error, spec Spec) error {
	if len(ConfigErrors(err)) == 0 {
		return fmt.Errorf("%s: %w", subject(spec.Type, spec.Name), err)
	}
	problems := problemsIn(err)
	for i := range problems {
		problems[i].Type, problems[i].Name = "", ""
	}
	return join(spec.Type, spec.Name, problems)
}

// Name returns the trigger type that the Driver is for.
func (d Driver) Name() string { return d.name }

// Aliases returns other names of the same trigger type.
func (d Driver) Aliases() []string { return slices.Clone(d.aliases) }

// Params returns the parameters of the trigger type, in the order in which
// they are best presented. The caller must not change what it points to.
func (d Driver) Params() []Param { return slices.Clone(d.params) }

// Open returns a Scaler for the trigger that spec describes; see
// [Registry.Open]. Spec.Type only appears in errors here.
func (d Driver) Open(spec Spec, options Options) (Scaler, error) {
	spec.Type = cmp.Or(spec.Type, d.name)
	return d.open(spec, options)
}

// CheckValues is for a Spec of which not everything is known yet: what secrets
// and environment variables say. It returns what is wrong with the parameters
// in spec.Metadata, each by itself, but for those that may come from elsewhere
// with precedence; warn is as [Options.Warn]. What is missing and what does not
// go together is left to Open.
func (d Driver) CheckValues(spec Spec, warn func(ConfigError)) error {
	spec.Type = cmp.Or(spec.Type, d.name)
	return d.check(spec, warn)
}

// A Registry knows Drivers by name. It does not change once it is made, and
// may be used concurrently.
type Registry struct {
	drivers []Driver
	byName  map[string]Driver
}

// NewRegistry returns a Registry of the given drivers. It panics if two of
// them have a name in common.
func NewRegistry(drivers ...Driver) *Registry {
	r := &Registry{drivers: slices.Clone(drivers), byName: make(map[string]Driver)}
	slices.SortFunc(r.drivers, func(a, b Driver) int { return strings.Compare(a.name, b.name) })
	for _, d := range drivers {
		for _, name := range append([]string{d.name}, d.aliases...) {
			if _, taken := r.byName[name]; taken {
				panic(fmt.Sprintf("scalerkit: two drivers are named %q", name))
			}
			r.byName[name] = d
		}
	}
	return r
}

// Drivers returns all drivers, sorted by name.
func (r *Registry) Drivers() []Driver { return slices.Clone(r.drivers) }

// Driver returns the driver with the given name or alias.
func (r *Registry) Driver(name string) (Driver, bool) {
	d, ok := r.byName[name]
	return d, ok
}

// Open returns a Scaler for the trigger that spec describes. It does no I/O:
// it rejects what is wrong with the spec, and leaves it to Read to find out
// about the source. The error has every problem found; see [ConfigErrors].
func (r *Registry) Open(spec Spec, options Options) (Scaler, error) {
	if d, ok := r.byName[spec.Type]; ok {
		return d.Open(spec, options)
	}
	names := slices.Sorted(maps.Keys(r.byName))
	problem := fmt.Sprintf("%q is not a known type", spec.Type)
	if spec.Type == "" {
		problem = "is missing"
	}
	return nil, ConfigError{Name: spec.Name, Key: "type", Problem: problem + suggest(spec.Type, names)}
}
