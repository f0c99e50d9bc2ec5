package driver

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"

	"github.com/scalerkit/scalerkit"
)

// A Parser is a Config, or a struct in it, that has more to say of its fields
// than their tags do: whether they go together, and what is derived from them.
// Parse is called after the fields have their values, whatever is wrong with
// them, and after the Parse methods of the structs within. What it derives, it
// keeps in unexported fields, so that nothing has to be parsed again.
//
// An embedded struct's Parse is also that of the struct around it, if that has
// none of its own, and is then called again: it has to come to the same.
type Parser interface{ Parse(*Problems) }

// Problems are what is wrong with a Config.
type Problems struct {
	config     reflect.Value
	layout     *layout
	typed      bool // written in Go and not in a Spec
	untargeted bool // a formula replaces the target
	options    scalerkit.Options

	given map[*field]string // the key that a field was given with, if it was
	bad   map[*field]bool
	found []scalerkit.ConfigError
}

func newProblems(config any, options scalerkit.Options) *Problems {
	v := reflect.ValueOf(config)
	if v.Kind() != reflect.Pointer || v.Type().Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("driver: config is a %T and not a pointer to a struct", config))
	}
	if v.IsNil() {
		panic(fmt.Sprintf("driver: config is a nil %T", config))
	}
	return &Problems{
		config: v.Elem(), layout: layoutOf(v.Elem().Type()), options: options,
		given: make(map[*field]string), bad: make(map[*field]bool),
	}
}

// Add adds a problem of one field, which is named by a pointer to it, such as
// &c.Queue, or of the trigger as a whole if field is nil. Errors name it as its
// author does: a Config by the name in Go, a Spec by the key. The Identity, its
// AuthorityHost, the MetricType and the owner are fields, too. A field has one problem, the
// first: what follows from that is left out. The text must not contain the value
// of a Secret.
func (p *Problems) Add(field any, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if field == nil {
		p.report("", text)
		return
	}
	p.addField(p.fieldAt(field), text)
}

// Require adds that a field, named as for Add, is missing if it is zero, and why
// it has to be there: "mode %s needs it".
func (p *Problems) Require(field any, why string, args ...any) {
	if p.isZero(field) {
		p.Add(field, "is missing: "+why, args...)
	}
}

// Together adds that a field is missing if only the other of two, named as for
// Add, is there.
func (p *Problems) Together(one, other any) {
	if p.isZero(one) != p.isZero(other) {
		p.Require(one, "it goes with %s", p.Name(other))
		p.Require(other, "it goes with %s", p.Name(one))
	}
}

// Exclude adds that two fields, named as for Add, are both there.
func (p *Problems) Exclude(one, other any) {
	if !p.isZero(one) && !p.isZero(other) {
		p.Add(one, "and %s are both set: keep one of the two", p.Name(other))
	}
}

func (p *Problems) isZero(field any) bool {
	return p.config.FieldByIndex(p.fieldAt(field).index).IsZero()
}

// Valid reports whether a field, named as for Add, has no problem so far.
func (p *Problems) Valid(field any) bool { return !p.bad[p.fieldAt(field)] }

// Name returns what errors call a field, named as for Add, for use in the text
// about another one.
func (p *Problems) Name(field any) string { return p.nameOf(p.fieldAt(field)) }

// Options returns those of the program, for what depends on them. They are zero
// in [Decode].
func (p *Problems) Options() scalerkit.Options { return p.options }

// Warn tells of something that is of no consequence, see
// [scalerkit.Options.Warn]. Where that is not set, nobody is told.
func (p *Problems) Warn(field any, format string, args ...any) {
	if p.options.Warn != nil {
		p.options.Warn(scalerkit.ConfigError{Key: p.Name(field), Problem: fmt.Sprintf(format, args...)})
	}
}

func (p *Problems) fieldAt(pointer any) *field {
	is := func(f *field) bool {
		return f != nil && p.config.FieldByIndex(f.index).Addr().Interface() == pointer
	}
	for i := range p.layout.fields {
		if f := &p.layout.fields[i]; is(f) {
			return f
		}
	}
	for _, f := range slices.Concat(p.layout.programs, []*field{p.layout.identity, p.layout.authority, p.layout.metricType, p.layout.owner, p.layout.all}) {
		if is(f) {
			return f
		}
	}
	panic(fmt.Sprintf("driver: a %T does not point to a parameter of %s", pointer, p.config.Type()))
}

func (p *Problems) nameOf(f *field) string {
	if p.typed {
		return f.goName
	}
	if key := p.given[f]; key != "" {
		return key
	}
	return f.name()
}

func (p *Problems) addField(f *field, text string) {
	if !p.bad[f] {
		p.bad[f] = true
		p.report(p.nameOf(f), text)
	}
}

func (p *Problems) report(key, text string) {
	if e := (scalerkit.ConfigError{Key: key, Problem: text}); !slices.Contains(p.found, e) {
		p.found = append(p.found, e)
	}
}

// err returns the problems as one error, nil if there are none.
func (p *Problems) err(typ, name string) error { return join(typ, name, p.found) }

// join returns problems as one error. Those that do not say so yet are
// attributed to the trigger with the given type and name.
func join(typ, name string, problems []scalerkit.ConfigError) error {
	errs := make([]error, len(problems))
	for i, e := range problems {
		if e.Type == "" {
			e.Type = typ
		}
		if e.Name == "" {
			e.Name = name
		}
		errs[i] = e
	}
	return errors.Join(errs...)
}

// detach copies the lists and maps of a Config that was written in Go, which the
// program may go on to change.
func (p *Problems) detach() {
	for i := range p.layout.fields {
		v := p.config.FieldByIndex(p.layout.fields[i].index)
		switch shared := v.Interface().(type) {
		case []string:
			v.Set(reflect.ValueOf(slices.Clone(shared)))
		case map[string]string:
			v.Set(reflect.ValueOf(maps.Clone(shared)))
		case url.Values:
			v.Set(reflect.ValueOf(maps.Clone(shared)))
		}
	}
}

// complete sets defaults, checks all that was not checked yet and calls the
// Parse methods.
func (p *Problems) complete() {
	for i := range p.layout.fields {
		f := &p.layout.fields[i]
		if _, given := p.given[f]; !given {
			p.completeField(f)
		}
	}
	p.completeMetricType()
	p.completePrograms()
	p.parse(p.config)
}

// completePrograms finds fault with what a program brings along, such as a
// credential, unless it can be part of the key under which Scalers share a
// connection.
func (p *Problems) completePrograms() {
	for _, f := range p.layout.programs {
		v := p.config.FieldByIndex(f.index)
		if v.Kind() == reflect.Interface && !v.IsNil() && !v.Comparable() {
			p.addField(f, fmt.Sprintf("is a %s, which cannot be compared with others: give a pointer to one", v.Elem().Type()))
		}
	}
}

func (p *Problems) completeField(f *field) {
	v := p.config.FieldByIndex(f.index)
	if v.IsZero() && f.Default != "" {
		f.parse(target(v), f.Default)
		return
	}
	required := f.Required || f.Target && !p.untargeted
	if v.IsZero() && required {
		text := "is missing"
		if !p.typed {
			text += ": " + f.howToGive()
		}
		p.addField(f, text)
		return
	}
	if v.IsZero() && (v.Kind() == reflect.Pointer || len(f.Enum) > 0 || f.Format != "" || f.isNumber() && !required) {
		return // not given
	}
	if problem := f.check(target(v)); problem != "" {
		p.addField(f, problem)
	}
}

func (p *Problems) completeMetricType() {
	f := p.layout.metricType
	if f == nil {
		return
	}
	v := p.config.FieldByIndex(f.index)
	switch kind := scalerkit.TargetKind(v.String()); kind {
	case scalerkit.PerReplica, scalerkit.Total:
	case "":
		v.SetString(string(scalerkit.PerReplica))
	default:
		p.addField(f, fmt.Sprintf("%q is not one of %s, %s", kind, scalerkit.PerReplica, scalerkit.Total))
	}
}

// parse calls the Parse methods of the structs in v, and then of v.
func (p *Problems) parse(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if _, tagged := f.Tag.Lookup("scaler"); f.Type.Kind() == reflect.Struct && f.IsExported() && !tagged {
			p.parse(v.Field(i))
		}
	}
	if parser, ok := v.Addr().Interface().(Parser); ok {
		parser.Parse(p)
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
