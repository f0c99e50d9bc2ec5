package driver

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scalerkit/scalerkit"
)

// Where a parameter may be given: the places in [scalerkit.Param.From].
const (
	FromMetadata = "metadata" // Spec.Metadata[name]
	FromAuth     = "auth"     // Spec.Auth[name]
	FromEnv      = "env"      // the variable that Spec.Metadata[name+"FromEnv"] names
)

const (
	envSuffix = "FromEnv"
	allKeys   = "*"

	optionTarget     = "target"
	optionActivation = "activation"
)

// A field is a Param and the struct field that it fills.
type field struct {
	scalerkit.Param
	goName  string       // in a typed Config, for example "TLS.CA"
	index   []int        // for reflect.Value.FieldByIndex
	typ     reflect.Type // what a pointer points to
	refused []string     // values that KEDA has and Enum has not
	option  string       // required, target, activation or none
}

// A layout is what there is to know about a Config type.
type layout struct {
	fields     []field
	byName     map[string]*field
	known      map[string][]string // the keys that there may be, sorted
	metricType *field              // the field of type TargetKind, if any
	identity   *field              // the field of type Identity, if any
	authority  *field              // the AuthorityHost of that
	owner      *field              // the field of type Key, if any
	all        *field              // the field for all keys, if any
	programs   []*field            // those that no key fills, but only a program
	refused    map[string]string   // why, by key, for those that KEDA has and the driver has not
	gone       map[string]bool     // those of refused without which a trigger would mean something else
}

var (
	secretType   = reflect.TypeFor[scalerkit.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	listType     = reflect.TypeFor[[]string]()
	mapType      = reflect.TypeFor[map[string]string]()
	queryType    = reflect.TypeFor[url.Values]()
	kindType     = reflect.TypeFor[scalerkit.TargetKind]()
	identityType = reflect.TypeFor[scalerkit.Identity]()
	ownerType    = reflect.TypeFor[scalerkit.Key]()
)

var layouts sync.Map // reflect.Type to *layout

// layoutOf reads the tags of a struct type. It panics where they are wrong,
// since that is a mistake in the program and not in its input.
func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("driver: config is a %s and not a struct", t))
	}
	l := &layout{byName: make(map[string]*field), known: make(map[string][]string), refused: make(map[string]string), gone: make(map[string]bool)}
	l.add(t, nil, "")
	options := make(map[string]bool)
	for i := range l.fields {
		f := &l.fields[i]
		if options[f.option] && f.option != "required" {
			panic(fmt.Sprintf("driver: %s has two fields that are the %s", t, f.option))
		}
		options[f.option] = f.option != ""
		for _, name := range f.Names {
			if l.byName[name] != nil {
				panic(fmt.Sprintf("driver: %s has two fields for parameter %q", t, name))
			}
			l.byName[name] = f
			l.addKeys(f, name)
		}
	}
	for _, keys := range l.known {
		slices.Sort(keys)
	}
	layouts.Store(t, l)
	return l
}

// addKeys adds the keys under which the field may be given by that name.
func (l *layout) addKeys(f *field, name string) {
	for _, place := range f.From {
		if place == FromEnv {
			l.known[FromMetadata] = append(l.known[FromMetadata], name+envSuffix)
		} else {
			l.known[place] = append(l.known[place], name)
		}
	}
}

// add adds the fields of struct type t, which is found at index, and by path in
// Go. It reports whether there are any.
func (l *layout) add(t reflect.Type, index []int, path string) (found bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		tag, tagged := f.Tag.Lookup("scaler")
		switch {
		case tag == "-" && f.IsExported():
			l.programs, found = append(l.programs, common(f.Name, path+f.Name, at)), true
		case tag == "-":
		case tagged && f.Name == "_":
			for key := range strings.SplitSeq(tag, "|") {
				l.refused[key], l.gone[key] = f.Tag.Get("doc"), f.Tag.Get("gone") == "true"
			}
		case !f.IsExported():
			if tagged || f.Anonymous {
				panic(fmt.Sprintf("driver: %s.%s is not exported", t, f.Name))
			}
		case tag == allKeys:
			if f.Type != mapType {
				panic(fmt.Sprintf("driver: %s.%s: is for all keys and has to be a map[string]string", t, f.Name))
			}
			l.all, found = &field{goName: path + f.Name, index: at, typ: f.Type, Param: scalerkit.Param{
				Names: []string{allKeys}, Type: "string", From: []string{FromMetadata, FromEnv}, Doc: f.Tag.Get("doc"),
			}}, true
		case tagged:
			field := newField(t, f, tag, at)
			field.goName = path + f.Name
			l.fields = append(l.fields, field)
			found = true
		case f.Type == kindType:
			l.metricType, found = common("metricType", path+f.Name, at), true
		case f.Type == identityType:
			l.identity, found = common("podIdentity", path+f.Name, at), true
			authority, _ := identityType.FieldByName("AuthorityHost")
			l.authority = common("identityAuthorityHost", path+f.Name+"."+authority.Name, append(at, authority.Index...))
		case f.Type == ownerType:
			l.owner, found = common("owner", path+f.Name, at), true
		case f.Type.Kind() == reflect.Struct && l.add(f.Type, at, pathTo(path, f)):
			found = true
		default:
			panic(fmt.Sprintf("driver: %s.%s has no scaler tag", t, f.Name))
		}
	}
	return found
}

// pathTo returns what comes before the names of the fields in f. Those of an
// embedded struct are the outer struct's own.
func pathTo(path string, f reflect.StructField) string {
	if f.Anonymous {
		return path
	}
	return path + f.Name + "."
}

// common returns a field that has its value from outside of the metadata.
func common(name, goName string, index []int) *field {
	return &field{Param: scalerkit.Param{Names: []string{name}}, goName: goName, index: index}
}

func newField(t reflect.Type, f reflect.StructField, tag string, index []int) field {
	names, option, hasOption := strings.Cut(tag, ",")
	typ := f.Type
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	p := field{index: index, typ: typ, option: option, Param: scalerkit.Param{
		Names:    strings.Split(names, "|"),
		Type:     typeName(typ),
		From:     []string{FromMetadata},
		Required: option == "required",
		Target:   option == optionTarget && f.Tag.Get("default") == "",
		Agree:    f.Tag.Get("agree") == "true",
		Sep:      sepOf(f.Tag, typ),
		Default:  f.Tag.Get("default"),
		Min:      f.Tag.Get("min"),
		Above:    f.Tag.Get("above"),
		Max:      f.Tag.Get("max"),
		Format:   f.Tag.Get("format"),
		Doc:      f.Tag.Get("doc"),
	}}
	if enum := f.Tag.Get("enum"); enum != "" {
		p.Enum = strings.Split(enum, "|")
	}
	if refused := f.Tag.Get("refused"); refused != "" {
		p.refused = strings.Split(refused, "|")
	}
	if from := f.Tag.Get("from"); from != "" {
		p.From = nil
		for place := range strings.SplitSeq(from, ",") {
			p.From = append(p.From, string(place))
		}
	}
	fault := p.fault(f.Type)
	switch option {
	case "required":
	case optionTarget, optionActivation:
		if fault == "" && p.Type != "int" && p.Type != "float" {
			fault = "an " + option + " is a number"
		}
	default:
		if hasOption {
			fault = fmt.Sprintf("has an unknown option %q", option)
		}
	}
	if fault != "" {
		panic(fmt.Sprintf("driver: %s.%s: %s", t, f.Name, fault))
	}
	return p
}

// sepOf returns what is between the elements of a list or map: a comma, if the
// tag does not say otherwise.
func sepOf(tag reflect.StructTag, t reflect.Type) string {
	if sep := tag.Get("sep"); sep != "" || t != listType && t != mapType {
		return sep
	}
	return ","
}

// fault says what is wrong with the tags of a field of type t.
func (f *field) fault(t reflect.Type) string {
	if slices.Contains(f.Names, "") {
		return "has no parameter name"
	}
	if f.Type == "" {
		return "has a type that no parameter can have: " + t.String()
	}
	for _, place := range f.From {
		if !slices.Contains([]string{FromMetadata, FromAuth, FromEnv}, place) {
			return fmt.Sprintf("%q is not one of metadata, auth, env", place)
		}
	}
	if f.Sep != "" && f.Type != "list" && f.Type != "map" {
		return "a separator does not go with type " + f.Type
	}
	if len(f.Enum) > 0 && f.Type != "string" && f.Type != "list" {
		return "an enum does not go with type " + f.Type
	}
	if f.Format != "" && formats[f.Format] == nil {
		return fmt.Sprintf("%q is not one of %s", f.Format, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	if f.Format != "" && f.Type != "string" && f.Type != "list" && f.Type != "secret" {
		return "a format does not go with type " + f.Type
	}
	if len(f.refused) > 0 && len(f.Enum) == 0 {
		return "refuses values and has no enum"
	}
	for _, bound := range []string{f.Min, f.Above, f.Max} {
		if problem := f.faultOfBound(bound); problem != "" {
			return problem
		}
	}
	value := reflect.New(f.typ).Elem()
	if f.Default != "" {
		if f.Required || f.Target {
			return "is required and has a default"
		}
		if problem := f.parse(value, f.Default); problem != "" {
			return "default " + problem
		}
	}
	// A zero in a typed Config stands for the default, or for none. If zero
	// were allowed as well, nobody could ask for it.
	zero := reflect.New(f.typ).Elem()
	allowsZero := f.Type == "bool" || f.isNumber() && f.check(zero) == ""
	switch {
	case t.Kind() == reflect.Pointer || !allowsZero:
		return ""
	case f.Required || f.Target:
		return "is required and allows zero: make it a pointer"
	case f.Type == "bool" && !value.IsZero():
		return "is true by default: make it a pointer"
	case !value.IsZero():
		return "has a default and allows zero: make it a pointer"
	}
	return ""
}

// faultOfBound says what is wrong with the text of a min, above or max tag.
func (f *field) faultOfBound(bound string) string {
	if bound == "" {
		return ""
	}
	if !f.isNumber() {
		return "a bound does not go with type " + f.Type
	}
	free := field{typ: f.typ, Param: scalerkit.Param{Type: f.Type}}
	if problem := free.parse(reflect.New(f.typ).Elem(), bound); problem != "" {
		return fmt.Sprintf("bound %q %s", bound, problem)
	}
	return ""
}

func (f *field) isNumber() bool {
	return f.Type == "int" || f.Type == "float" || f.Type == "duration"
}

// name returns the name to use in errors.
func (f *field) name() string { return f.Names[0] }

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
