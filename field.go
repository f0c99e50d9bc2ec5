package scalerkit

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Param describes one parameter of a trigger type, as the tags of the
// driver's Config declare it. It is enough to render documentation or a
// schema.
type Param struct {
	Names    []string // the first is the one to use, the others are synonyms
	Type     string   // string, int, float, bool, duration, list, map, query or secret
	From     []Place  // where it may be given; of several, the first has precedence
	Required bool
	Default  string   // empty if there is none
	Enum     []string // the allowed values; empty if any will do
	Min      string   // least number allowed; empty if there is none
	Above    string   // the number must be greater than this; empty if there is none
	Max      string   // greatest number allowed; empty if there is none
	Doc      string   // what it means; lower case, no full stop
}

// A Place is where a parameter may be given.
type Place string

const (
	FromMetadata Place = "metadata" // Spec.Metadata[name]
	FromAuth     Place = "auth"     // Spec.Auth[name]
	FromEnv      Place = "env"      // the variable that Spec.Metadata[name+"FromEnv"] names
)

const envSuffix = "FromEnv"

// A field is a Param and the struct field that it fills.
type field struct {
	Param
	index []int // for reflect.Value.FieldByIndex
	typ   reflect.Type
}

// A layout is what there is to know about a Config type.
type layout struct {
	fields     []field
	metricType []int // index of the field of type TargetKind, if any
	identity   []int // index of the field of type Identity, if any
}

var (
	textType     = reflect.TypeFor[string]()
	secretType   = reflect.TypeFor[Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	listType     = reflect.TypeFor[[]string]()
	mapType      = reflect.TypeFor[map[string]string]()
	queryType    = reflect.TypeFor[url.Values]()
	kindType     = reflect.TypeFor[TargetKind]()
	identityType = reflect.TypeFor[Identity]()
)

var layouts sync.Map // reflect.Type to *layout

// layoutOf reads the tags of a struct type. It panics where they are wrong,
// since that is a mistake in the program and not in its input.
func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{}
	l.add(t, nil)
	seen := make(map[string]bool)
	for _, f := range l.fields {
		for _, name := range f.Names {
			if seen[name] {
				panic(fmt.Sprintf("scalerkit: %s has two fields for parameter %q", t, name))
			}
			seen[name] = true
		}
	}
	layouts.Store(t, l)
	return l
}

// add adds the fields of struct type t, which is found at index.
func (l *layout) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		tag, tagged := f.Tag.Lookup("scaler")
		switch {
		case tag == "-":
		case f.Type == kindType && !tagged:
			l.metricType = at
		case f.Type == identityType && !tagged:
			l.identity = at
		case f.Type.Kind() == reflect.Struct && !tagged:
			l.add(f.Type, at)
		case tagged:
			l.fields = append(l.fields, newField(t, f, tag, at))
		case f.IsExported():
			panic(fmt.Sprintf("scalerkit: %s.%s has no scaler tag", t, f.Name))
		}
	}
}

func newField(t reflect.Type, f reflect.StructField, tag string, index []int) field {
	names, option, _ := strings.Cut(tag, ",")
	typ := f.Type
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	p := field{index: index, typ: typ, Param: Param{
		Names:    strings.Split(names, "|"),
		Type:     typeName(typ),
		From:     []Place{FromMetadata},
		Required: option == "required",
		Default:  f.Tag.Get("default"),
		Min:      f.Tag.Get("min"),
		Above:    f.Tag.Get("above"),
		Max:      f.Tag.Get("max"),
		Doc:      f.Tag.Get("doc"),
	}}
	if enum := f.Tag.Get("enum"); enum != "" {
		p.Enum = strings.Split(enum, "|")
	}
	if from := f.Tag.Get("from"); from != "" {
		p.From = nil
		for place := range strings.SplitSeq(from, ",") {
			p.From = append(p.From, Place(place))
		}
	}
	if fault := p.fault(f.Type); fault != "" {
		panic(fmt.Sprintf("scalerkit: %s.%s: %s", t, f.Name, fault))
	}
	return p
}

// fault says what is wrong with the tags of a field of type t.
func (f field) fault(t reflect.Type) string {
	if f.Names[0] == "" {
		return "has no parameter name"
	}
	if f.Type == "" {
		return "has a type that no parameter can have: " + t.String()
	}
	for _, place := range f.From {
		if !slices.Contains([]Place{FromMetadata, FromAuth, FromEnv}, place) {
			return fmt.Sprintf("%q is not one of metadata, auth, env", place)
		}
	}
	if f.Default == "" {
		return ""
	}
	value := reflect.New(f.typ).Elem()
	if problem := f.parse(value, f.Default); problem != "" {
		return "default " + problem
	}
	// A zero in a typed Config stands for the default. If zero were allowed as
	// well, nobody could ask for it.
	zero := reflect.New(f.typ).Elem()
	if t.Kind() != reflect.Pointer && f.isNumber() && !value.IsZero() && f.check(zero) == "" {
		return "has a default and allows zero: make it a pointer"
	}
	if t.Kind() == reflect.Bool && !value.IsZero() {
		return "is true by default: make it a pointer"
	}
	return ""
}

func (f field) isNumber() bool {
	return f.Type == "int" || f.Type == "float" || f.Type == "duration"
}

// name returns the name to use in errors.
func (f field) name() string { return f.Names[0] }

func typeName(t reflect.Type) string {
	switch t {
	case secretType:
		return "secret"
	case durationType:
		return "duration"
	case listType:
		return "list"
	case mapType:
		return "map"
	case queryType:
		return "query"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "int"
	case reflect.Float64:
		return "float"
	}
	return ""
}
