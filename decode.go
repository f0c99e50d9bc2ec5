package scalerkit

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
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
//	    it has to be given
//	  - from: the places where it may be given, in order of precedence, of
//	    metadata, auth and env; metadata if there is no such tag
//	  - default: its value if it is not given
//	  - enum: the allowed values, separated by "|"
//	  - min, above, max: bounds of a number or duration; above excludes the
//	    bound itself. A duration is never negative.
//	  - doc: one line for the documentation
//
// A field may be a string, bool, int, int32, int64, float64, [time.Duration],
// []string, map[string]string, [url.Values] or [Secret], or a pointer to one
// of these where the absence of a value has a meaning. Fields of untagged
// struct fields count as the struct's own. An untagged field of type
// [TargetKind] receives Spec.MetricType, one of type [Identity] receives
// Spec.Identity. A field tagged `scaler:"-"` is left alone.
//
// Values are trimmed, and an empty value or list counts as none. Numbers are
// written as in JSON, durations as in Go or as a number of milliseconds, lists
// as "a,b", maps as "a=1,b=2" and url.Values as "a=1&b=2". Then every struct
// that has a method Validate() error is asked whether its fields go together;
// see [Problem].
//
// A wrong tag is a mistake in the program: Decode panics. So does it where a
// zero could not be told from no value in a typed Config: a bool that is true
// by default, say, has to be a pointer.
func Decode(spec Spec, config any) error {
	return decode(spec, config, nil)
}

// Check fills the fields of config, a pointer to a struct as for [Decode],
// that are zero and have a default, and returns every problem that the tags
// and the Validate methods find. Drivers call it first in their New, where the
// Config may have been written by hand.
func Check(typ string, config any) error {
	c := newChecker(config)
	c.complete()
	return join(typ, "", c.problems)
}

func decode(spec Spec, config any, warn func(ConfigError)) error {
	d := decoder{checker: newChecker(config), spec: spec, warn: warn}
	for i := range d.layout.fields {
		d.decodeField(&d.layout.fields[i])
	}
	d.decodeCommon()
	d.refuseUnknown(FromMetadata, maps.Keys(spec.Metadata))
	d.refuseUnknown(FromAuth, maps.Keys(spec.Auth))
	d.complete()
	return join(spec.Type, spec.Name, d.problems)
}

// checkValues is [Driver.CheckValues].
func checkValues(spec Spec, config any, warn func(ConfigError)) error {
	known := make(map[string]string, len(spec.Metadata))
	for key, value := range spec.Metadata {
		if !strings.HasSuffix(key, envSuffix) {
			known[key] = value
		}
	}
	d := decoder{checker: newChecker(config), spec: Spec{Type: spec.Type, Name: spec.Name, MetricType: spec.MetricType, Metadata: known}, warn: warn}
	for i := range d.layout.fields {
		if f := &d.layout.fields[i]; f.From[0] == FromMetadata {
			d.decodeField(f)
		}
	}
	d.decodeCommon()
	if d.layout.metricType != nil {
		d.completeMetricType(d.config.FieldByIndex(d.layout.metricType))
	}
	d.refuseUnknown(FromMetadata, maps.Keys(spec.Metadata))
	return join(spec.Type, spec.Name, d.problems)
}

// A checker collects the problems of one config.
type checker struct {
	config   reflect.Value
	layout   *layout
	problems []ConfigError
	given    map[string]bool // parameters that were decoded, well or badly
	bad      map[string]bool // parameters with a problem
}

func newChecker(config any) *checker {
	v := reflect.ValueOf(config)
	if v.Kind() != reflect.Pointer || v.Type().Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("scalerkit: config is a %T and not a pointer to a struct", config))
	}
	if v.IsNil() {
		panic(fmt.Sprintf("scalerkit: config is a nil %T", config))
	}
	return &checker{config: v.Elem(), layout: layoutOf(v.Elem().Type()), given: make(map[string]bool), bad: make(map[string]bool)}
}

func (c *checker) report(key, problem string) {
	c.problems = append(c.problems, ConfigError{Key: key, Problem: problem})
}

// reportField reports a problem of a parameter, under the key that it was
// given with.
func (c *checker) reportField(f *field, key, problem string) {
	c.bad[f.name()] = true
	c.report(key, problem)
}

// complete sets defaults and checks all that was not checked yet.
func (c *checker) complete() {
	for i := range c.layout.fields {
		if f := &c.layout.fields[i]; !c.given[f.name()] {
			c.completeField(f)
		}
	}
	if c.layout.metricType != nil {
		c.completeMetricType(c.config.FieldByIndex(c.layout.metricType))
	}
	c.validate(c.config)
}

func (c *checker) completeField(f *field) {
	v := c.config.FieldByIndex(f.index)
	if v.IsZero() && f.Default != "" {
		f.parse(target(v), f.Default)
		return
	}
	if v.IsZero() && f.Required {
		c.reportField(f, f.name(), "is missing: "+f.howToGive())
		return
	}
	if v.IsZero() && (v.Kind() == reflect.Pointer || len(f.Enum) > 0 || f.isNumber() && !f.Required) {
		return // not given
	}
	if problem := f.check(target(v)); problem != "" {
		c.reportField(f, f.name(), problem)
	}
}

func (c *checker) completeMetricType(v reflect.Value) {
	switch kind := TargetKind(v.String()); kind {
	case PerReplica, Total:
	case "":
		v.SetString(string(PerReplica))
	default:
		c.report("metricType", fmt.Sprintf("%q is not one of %s, %s", kind, PerReplica, Total))
	}
}

// validate calls the Validate methods of v and of the structs in it. What they
// say of parameters that are known to be wrong already is left out.
func (c *checker) validate(v reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		_, tagged := t.Field(i).Tag.Lookup("scaler")
		if f := t.Field(i); f.Type.Kind() == reflect.Struct && f.IsExported() && !tagged {
			c.validate(v.Field(i))
		}
	}
	validator, ok := v.Addr().Interface().(interface{ Validate() error })
	if !ok {
		return
	}
	for _, p := range problemsIn(validator.Validate()) {
		if f := c.layout.byName[p.Key]; f != nil && c.bad[f.name()] || slices.Contains(c.problems, p) {
			continue
		}
		c.problems = append(c.problems, p)
	}
}

// target returns what v points to, after making it if need be, or v itself if
// it is no pointer.
func target(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// words returns what errors call the place.
func (p Place) words() string {
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

// A decoder is a checker that takes values from a Spec.
type decoder struct {
	*checker
	spec Spec
	warn func(ConfigError) // nil: be strict
}

// tolerate reports what KEDA would let pass.
func (d *decoder) tolerate(key, problem string) {
	if d.warn == nil {
		d.report(key, problem)
		return
	}
	d.warn(ConfigError{Type: d.spec.Type, Name: d.spec.Name, Key: key, Problem: problem})
}

// A given is a value of a parameter and where it came from.
type given struct {
	key   string
	place Place
	text  string
}

func (d *decoder) decodeField(f *field) {
	values, unset := d.lookup(f)
	for _, v := range unset {
		problem := fmt.Sprintf("environment variable %q is not set", v.text)
		if d.warn != nil && (len(values) > 0 || !f.Required) {
			d.tolerate(v.key, problem)
			continue
		}
		d.given[f.name()] = true
		d.reportField(f, v.key, problem)
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
			where = first.place.words()
		}
		d.tolerate(other.key, "is given with another value in "+where+" already: keep one of the two")
	}
	d.given[f.name()] = true
	if problem := f.parse(target(d.config.FieldByIndex(f.index)), first.text); problem != "" {
		if first.place == FromMetadata && f.mayBeShown() {
			problem = fmt.Sprintf("%q %s", first.text, problem)
		}
		d.reportField(f, first.key, problem)
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

// decodeCommon takes over what is not in the metadata.
func (d *decoder) decodeCommon() {
	if at := d.layout.metricType; at != nil {
		d.config.FieldByIndex(at).SetString(string(d.spec.MetricType))
	} else if d.spec.MetricType != "" {
		d.report("metricType", "does not apply to this trigger type: leave it out")
	}
	if at := d.layout.identity; at != nil {
		d.config.FieldByIndex(at).Set(reflect.ValueOf(d.spec.Identity))
	} else if d.spec.Identity.IsSet() {
		d.tolerate("podIdentity", fmt.Sprintf("%q is not used by this trigger type: leave it out", d.spec.Identity.Provider))
	}
}

// refuseUnknown reports the keys of one place that no parameter has there.
func (d *decoder) refuseUnknown(place Place, keys iter.Seq[string]) {
	var unknown []string
	for key := range keys {
		if _, known := slices.BinarySearch(d.layout.known[place], key); !known {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		d.tolerate(key, d.whyUnknown(place, key))
	}
}

// whyUnknown says what is wrong with a key in that place.
func (d *decoder) whyUnknown(place Place, key string) (problem string) {
	name, isVariable := strings.CutSuffix(key, envSuffix)
	switch f := d.layout.byName[name]; {
	case f == nil:
		problem = "is not a parameter of this trigger type"
		if place == FromAuth {
			problem += " in the authentication"
		}
		return problem + suggest(key, d.layout.known[place])
	case !isVariable:
		return "cannot be given in " + place.words() + ": " + f.howToGive()
	case slices.Contains(f.From, FromEnv):
		return "belongs in the metadata"
	default:
		return name + " cannot come from an environment variable: " + f.howToGive()
	}
}
