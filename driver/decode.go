package driver

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/spelling"
)

// Decode fills config, a pointer to a struct, from spec. It accepts no unknown
// key, no parameter that is given two values and no environment variable that
// is not set. The error has every problem found (see [ConfigErrors]); config is
// then of no use.
//
// Each exported field of the struct has a tag:
//
//		QueueLength int `scaler:"queueLength,required" above:"0" doc:"messages per replica"`
//
//	  - scaler: the parameter's name, synonyms after a "|", and ",required" if
//	    it has to be given, or ",target" if it is the target, which has to be
//	    given unless it has a default or the Spec has NoTarget, or
//	    ",activation" if it is that: see [MetricOf]. The name "*" is for a
//	    map[string]string with all of the metadata, in which each keyFromEnv has
//	    the value of the variable, and is left out if that is empty. No key is
//	    unknown then.
//	  - from: the places where it may be given, in order of precedence, of
//	    metadata, auth and env; metadata if there is no such tag
//	  - default: its value if it is not given
//	  - enum: the allowed values, separated by "|"
//	  - refused: values that KEDA has and enum has not: errors say that they are
//	    not supported
//	  - agree: if it is "true", different values in two places are an error even
//	    where [scalerkit.Options.Warn] is told of such, since to go by the wrong
//	    one does harm
//	  - format: what a text, or each element of a list, has to be: "url" (over
//	    HTTP), "server" (a url to which paths are appended, so without
//	    parameters), "address" (host:port), "host", "port" or "query" (a=1&b=2).
//	    Errors do not quote it, since there may be a password in it.
//	  - min, above, max: bounds of a number or duration; above excludes the
//	    bound itself. A duration is never negative.
//	  - sep: what is between the elements of a list or map, in place of a comma
//	  - doc: one line for the documentation
//
// A field may be a string, bool, int, int32, int64, float64, [time.Duration],
// []string, map[string]string, [url.Values] or [Secret], or a pointer to one
// of these where the absence of a value has a meaning. Fields of untagged
// struct fields count as the struct's own. An untagged field of type
// [TargetKind] receives Spec.MetricType, one of type [Identity] receives
// Spec.Identity, one of type [Key] receives Spec.Owner. A field tagged `scaler:"-"` is left alone: it is for programs to
// set, and if it is an interface, what is in it has to be comparable.
//
// A field named _ has in its scaler tag the keys that KEDA has and the driver has
// not, separated by "|", and in its doc tag what errors say of them. With the tag
// gone:"true" they are an error even where [scalerkit.Options.Warn] is told of such,
// since without them the trigger would mean something else.
//
// Values are trimmed, and an empty value or list counts as none. Numbers are
// written as in JSON, durations as in Go or as a number of milliseconds, lists
// as "a,b", maps as "a=1,b=2" and url.Values as "a=1&b=2". Then every struct
// that is a [Parser] is asked whether its fields go together.
//
// A wrong tag is a mistake in the program: Decode panics. So does it where a
// zero could not be told from no value in a typed Config: a bool that is true
// by default, say, has to be a pointer.
func Decode(spec scalerkit.Spec, config any) error {
	return decode(spec, config, scalerkit.Options{})
}

func decode(spec scalerkit.Spec, config any, options scalerkit.Options) error {
	d := decoder{newProblems(config, options), spec}
	d.untargeted = spec.NoTarget
	for i := range d.layout.fields {
		d.decodeField(&d.layout.fields[i])
	}
	d.decodeAll()
	d.decodeCommon()
	d.refuseUnknown(FromMetadata, maps.Keys(spec.Metadata))
	d.refuseUnknown(FromAuth, maps.Keys(spec.Auth))
	d.complete()
	return d.err(spec.Type, spec.Name)
}

// checkValues is CheckValues of a Driver.
func checkValues(spec scalerkit.Spec, config any, options scalerkit.Options) error {
	known := make(map[string]string, len(spec.Metadata))
	for key, value := range spec.Metadata {
		if !strings.HasSuffix(key, envSuffix) {
			known[key] = value
		}
	}
	d := decoder{newProblems(config, options), scalerkit.Spec{Type: spec.Type, Name: spec.Name, MetricType: spec.MetricType, Metadata: known}}
	for i := range d.layout.fields {
		if f := &d.layout.fields[i]; f.From[0] == FromMetadata {
			d.decodeField(f)
		}
	}
	d.decodeCommon()
	d.completeMetricType()
	d.refuseUnknown(FromMetadata, maps.Keys(spec.Metadata))
	return d.err(spec.Type, spec.Name)
}

// words returns what errors call the place.
func words(p string) string {
	if p == FromAuth {
		return "the authentication"
	}
	return "the metadata"
}

// howToGive says where the parameter may be given.
func (f *field) howToGive() string {
	var ways []string
	for _, place := range f.From {
		switch place {
		case FromMetadata:
			ways = append(ways, "set it in the metadata")
		case FromAuth:
			ways = append(ways, "let the authentication deliver it")
		case FromEnv:
			ways = append(ways, "name an environment variable in "+f.name()+envSuffix)
		}
	}
	return strings.Join(ways, ", or ")
}

// A decoder takes values from a Spec.
type decoder struct {
	*Problems
	spec scalerkit.Spec
}

// tolerate reports what KEDA would let pass.
func (d *decoder) tolerate(key, problem string) {
	if d.options.Warn == nil {
		d.report(key, problem)
		return
	}
	d.options.Warn(scalerkit.ConfigError{Key: key, Problem: problem})
}

// A given is a value of a parameter and where it came from.
type given struct {
	key   string
	place string
	text  string
}

func (d *decoder) decodeField(f *field) {
	values, unset := d.lookup(f)
	for _, v := range unset {
		problem := fmt.Sprintf("environment variable %q is not set", v.text)
		if d.options.Warn != nil && (len(values) > 0 || !f.Required) {
			d.tolerate(v.key, problem)
			continue
		}
		d.given[f] = v.key
		d.addField(f, problem)
	}
	if len(values) == 0 {
		return
	}
	first := values[0]
	for _, other := range values[1:] {
		if other.text == first.text {
			continue
		}
		where := first.key
		if other.key == first.key {
			where = words(first.place)
		}
		problem := "is given with another value in " + where + " already: keep one of the two"
		if f.Agree {
			d.bad[f] = true
			d.report(other.key, problem)
			continue
		}
		d.tolerate(other.key, problem)
	}
	d.given[f] = first.key
	if problem := f.parse(target(d.config.FieldByIndex(f.index)), first.text); problem != "" {
		if first.place == FromMetadata && f.mayBeShown() {
			problem = fmt.Sprintf("%q %s", first.text, problem)
		}
		d.addField(f, problem)
	}
}

// lookup returns all values that are given for the field, in its order of
// precedence, and the environment variables among them that are not set.
func (d *decoder) lookup(f *field) (values, unset []given) {
	for _, place := range f.From {
		for _, name := range f.Names {
			v := given{key: name, place: place}
			switch place {
			case FromMetadata:
				v.text = d.spec.Metadata[name]
			case FromAuth:
				v.text = d.spec.Auth[name].Reveal()
			case FromEnv:
				v.key += envSuffix
				variable := strings.TrimSpace(d.spec.Metadata[v.key])
				if variable == "" {
					continue
				}
				value, ok := d.spec.Env[variable]
				if !ok {
					v.text = variable
					unset = append(unset, v)
					continue
				}
				v.text = value.Reveal()
			}
			if v.text = f.trim(v.text); v.text != "" {
				values = append(values, v)
			}
		}
	}
	return values, unset
}

// decodeAll fills the field for all keys.
func (d *decoder) decodeAll() {
	if d.layout.all == nil {
		return
	}
	all := make(map[string]string, len(d.spec.Metadata))
	for _, key := range slices.Sorted(maps.Keys(d.spec.Metadata)) {
		text := d.spec.Metadata[key]
		if strings.HasSuffix(key, envSuffix) {
			variable := strings.TrimSpace(text)
			value, ok := d.spec.Env[variable]
			if _, known := slices.BinarySearch(d.layout.known[FromMetadata], key); !ok && !known {
				d.tolerate(key, fmt.Sprintf("environment variable %q is not set", variable))
			}
			if text = value.Reveal(); text == "" {
				continue
			}
		}
		all[key] = text
	}
	d.config.FieldByIndex(d.layout.all.index).Set(reflect.ValueOf(all))
}

// decodeCommon takes over what is not in the metadata.
func (d *decoder) decodeCommon() {
	if f := d.layout.metricType; f != nil {
		d.config.FieldByIndex(f.index).SetString(string(d.spec.MetricType))
	} else if d.spec.MetricType != "" {
		d.report("metricType", "does not apply to this trigger type: leave it out")
	}
	if f := d.layout.identity; f != nil {
		d.config.FieldByIndex(f.index).Set(reflect.ValueOf(d.spec.Identity))
	} else if d.spec.Identity.IsSet() {
		d.tolerate("podIdentity", fmt.Sprintf("%q is not used by this trigger type: leave it out", d.spec.Identity.Provider))
	}
	if f := d.layout.owner; f != nil {
		d.config.FieldByIndex(f.index).Set(reflect.ValueOf(d.spec.Owner))
	}
}

// refuseUnknown reports the keys of one place that no parameter has there.
func (d *decoder) refuseUnknown(place string, keys iter.Seq[string]) {
	if place == FromMetadata && d.layout.all != nil {
		return
	}
	var unknown []string
	for key := range keys {
		if _, known := slices.BinarySearch(d.layout.known[place], key); !known {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		if d.layout.gone[key] {
			d.report(key, d.whyUnknown(place, key))
		} else {
			d.tolerate(key, d.whyUnknown(place, key))
		}
	}
}

// whyUnknown says what is wrong with a key in that place.
func (d *decoder) whyUnknown(place string, key string) (problem string) {
	if why := d.layout.refused[key]; why != "" {
		return why
	}
	name, isVariable := strings.CutSuffix(key, envSuffix)
	switch f := d.layout.byName[name]; {
	case f == nil:
		problem = "is not a parameter of this trigger type"
		if place == FromAuth {
			problem += " in the authentication"
		}
		return problem + spelling.Hint(key, d.layout.known[place])
	case !isVariable:
		return "cannot be given in " + words(place) + ": " + f.howToGive()
	case slices.Contains(f.From, FromEnv):
		return "belongs in the metadata"
	default:
		return name + " cannot come from an environment variable: " + f.howToGive()
	}
}
