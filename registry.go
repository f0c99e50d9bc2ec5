package scalerkit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/internal/spelling"
)

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
	slices.SortFunc(r.drivers, func(a, b Driver) int { return strings.Compare(a.Name(), b.Name()) })
	for _, d := range drivers {
		for _, name := range append([]string{d.Name()}, d.Aliases()...) {
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
	return nil, ConfigError{Name: spec.Name, Key: "type", Problem: r.unknown(spec.Type)}
}

// unknown says what is wrong with the name of a type that there is not.
func (r *Registry) unknown(name string) string {
	if replacement, ok := replaced[name]; ok {
		return fmt.Sprintf("%q is not supported: %s", name, replacement)
	}
	problem := fmt.Sprintf("%q is not a known type", name)
	if name == "" {
		problem = "is missing"
	}
	return problem + spelling.Hint(name, slices.Sorted(maps.Keys(r.byName)))
}

// replaced says of types that KEDA has or had, and that are of no use, what takes
// their place.
var replaced = map[string]string{
	"stan":        `NATS Streaming has come to its end, and KEDA dropped the type in 2.19; streams of its successor, JetStream, are read by "nats-jetstream"`,
	"predictkube": `its forecasts are a service of one maker; the series itself is read by "prometheus", and predict_linear in its query forecasts it`,
}
