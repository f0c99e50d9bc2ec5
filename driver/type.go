package driver

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
)

// A Type is a trigger type whose parameters are the fields of a C. It is what a
// driver package is made of:
//
//	var queue = driver.Type[Config]{Name: "queue", Open: open}
//
//	func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return queue.New(c, o) }
//	func Driver() scalerkit.Driver                                    { return queue.Driver() }
type Type[C any] struct {
	Name    string
	Aliases []string

	// KEDAName is what KEDA calls the scaler in its metrics, such as
	// "rabbitMQScaler". If empty, it follows from Name: "awsCloudwatchScaler".
	KEDAName string

	// Prepare, if set, sets what goes with the trigger type, before the Config
	// is parsed.
	Prepare func(*C)

	// Open returns a Scaler for a Config in which nothing is wrong. It does no
	// I/O. Its own error should be of what only the program can have got wrong.
	Open func(*C, scalerkit.Options) (scalerkit.Scaler, error)
}

// KEDAName returns what KEDA calls the scaler of a driver in the label scaler of
// its metrics.
func KEDAName(d scalerkit.Driver) string {
	if named, ok := d.(interface{ kedaName() string }); ok && named.kedaName() != "" {
		return named.kedaName()
	}
	var name strings.Builder
	for i, word := range strings.Split(d.Name(), "-") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		name.WriteString(word)
	}
	return name.String() + "Scaler"
}

// New returns a Scaler for a Config that was written in Go. It sets the defaults
// of fields that are zero. The error has every problem found, each under the
// name of its field (see [scalerkit.ConfigErrors]).
func (t Type[C]) New(config C, options scalerkit.Options) (scalerkit.Scaler, error) {
	t.prepare(&config)
	p := newProblems(&config, t.attribute(options, t.Name, ""))
	p.typed = true
	p.detach()
	p.complete()
	if err := p.err(t.Name, ""); err != nil {
		return nil, err
	}
	return t.open(&config, options, scalerkit.Spec{Type: t.Name})
}

// Driver returns a Driver that decodes a Spec into a C, as [Decode] does. The
// functions set before what a Spec cannot say and the program does: fields with
// the tag "-". Of these, a client or a credential of the program's own belongs in
// a C that is written in Go: in a Driver, it would go wherever triggers say. It
// panics if the tags of C are wrong.
func (t Type[C]) Driver(set ...func(*C)) scalerkit.Driver {
	layout := layoutOf(reflect.TypeFor[C]())
	prepare := t.prepare
	t.Prepare = func(c *C) {
		prepare(c)
		for _, f := range set {
			f(c)
		}
	}
	d := &typeDriver[C]{Type: t, params: make([]scalerkit.Param, len(layout.fields))}
	for i, f := range layout.fields {
		d.params[i] = f.Param
	}
	if layout.all != nil {
		d.params = append(d.params, layout.all.Param)
	}
	return d
}

func (t Type[C]) prepare(config *C) {
	if t.Prepare != nil {
		t.Prepare(config)
	}
}

func (t Type[C]) open(config *C, options scalerkit.Options, spec scalerkit.Spec) (scalerkit.Scaler, error) {
	s, err := t.Open(config, options)
	switch {
	case err == nil:
		return s, nil
	case len(scalerkit.ConfigErrors(err)) > 0:
		problems := problemsIn(err)
		for i := range problems {
			problems[i].Type, problems[i].Name = "", ""
		}
		return nil, join(spec.Type, spec.Name, problems)
	}
	subject := strings.TrimSuffix(scalerkit.ConfigError{Type: spec.Type, Name: spec.Name}.Error(), ": ")
	return nil, fmt.Errorf("%s: %w", subject, err)
}

// attribute makes what Warn is told say what trigger it is about.
func (t Type[C]) attribute(options scalerkit.Options, typ, name string) scalerkit.Options {
	if warn := options.Warn; warn != nil {
		options.Warn = func(e scalerkit.ConfigError) {
			e.Type, e.Name = typ, name
			warn(e)
		}
	}
	return options
}

// A typeDriver is a Type as a scalerkit.Driver.
type typeDriver[C any] struct {
	Type[C]
	params []scalerkit.Param
}

// Name implements scalerkit.Driver.
func (d *typeDriver[C]) Name() string { return d.Type.Name }

func (d *typeDriver[C]) kedaName() string { return d.Type.KEDAName }

// Aliases implements scalerkit.Driver.
func (d *typeDriver[C]) Aliases() []string { return slices.Clone(d.Type.Aliases) }

// Params implements scalerkit.Driver.
func (d *typeDriver[C]) Params() []scalerkit.Param { return slices.Clone(d.params) }

// Open implements scalerkit.Driver.
func (d *typeDriver[C]) Open(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	spec.Type = cmp.Or(spec.Type, d.Type.Name)
	var config C
	d.prepare(&config)
	if err := decode(spec, &config, d.attribute(options, spec.Type, spec.Name)); err != nil {
		return nil, err
	}
	return d.open(&config, options, spec)
}

// CheckValues implements scalerkit.Driver.
func (d *typeDriver[C]) CheckValues(spec scalerkit.Spec, warn func(scalerkit.ConfigError)) error {
	spec.Type = cmp.Or(spec.Type, d.Type.Name)
	var config C
	return checkValues(spec, &config, d.attribute(scalerkit.Options{Warn: warn}, spec.Type, spec.Name))
}

// problemsIn is like scalerkit.ConfigErrors, but leaves no error out: of any
// that is not a ConfigError it makes one.
func problemsIn(err error) []scalerkit.ConfigError {
	var all []scalerkit.ConfigError
	for _, err := range joined.Each("", err) {
		problems := scalerkit.ConfigErrors(err)
		if len(problems) == 0 {
			problems = []scalerkit.ConfigError{{Problem: err.Error()}}
		}
		all = append(all, problems...)
	}
	return all
}
