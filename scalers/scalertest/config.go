package scalertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
)

func everyParamIsDocumented(e *env) {
	if len(e.driver.Params()) == 0 {
		e.Fatal("the driver has no parameters")
	}
	for _, p := range e.driver.Params() {
		if p.Doc == "" || strings.HasSuffix(p.Doc, ".") || strings.ContainsRune(p.Doc, '\n') {
			e.Errorf("%s: doc %q is not one line without a full stop", p.Names[0], p.Doc)
		}
	}
	for _, key := range []string{e.TargetKey, e.ActivationKey} {
		if key != "" && e.param(key) == nil {
			e.Errorf("the driver has no parameter %q", key)
		}
	}
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

// wantNamed fails the check unless the spec is refused with an error that
// names one of the keys.
func (e *env) wantNamed(what string, spec scalerkit.Spec, keys ...string) {
	e.Helper()
	s, err := e.try(spec)
	if err == nil {
		_ = s.Close() // opened by mistake
		e.Errorf("%s: opened", what)
		return
	}
	if complaint := names(err, keys...); complaint != nil {
		e.Errorf("%s: the error %v", what, complaint)
	}
}

func missingKeyIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		if p.Required {
			e.wantNamed("without "+p.Names[0], without(e.Spec, p), p.Names...)
		}
	}
	empty := scalerkit.Spec{Type: e.Spec.Type, Name: e.Spec.Name}
	if _, err := e.try(empty); err == nil {
		e.Log("the driver opens a trigger that says nothing")
	}
}

func unknownKeyIsNamed(e *env) {
	const unknown = "noSuchParameter"
	spec := with(e.Spec, unknown, "1")
	e.wantNamed("with an unknown key", spec, unknown)

	var warned []string
	options := e.options
	options.Warn = func(w scalerkit.ConfigError) { warned = append(warned, w.Key) }
	s, err := e.driver.Open(spec, options)
	if err != nil {
		e.Fatalf("with an unknown key and Options.Warn: %v", err)
	}
	if err := s.Close(); err != nil {
		e.Errorf("close: %v", err)
	}
	if !slices.Equal(warned, []string{unknown}) {
		e.Errorf("Options.Warn was told of %q, want %q", warned, unknown)
	}
}

// badValues returns texts that no parameter like p accepts.
func badValues(p scalerkit.Param) []string {
	var bad []string
	switch p.Type {
	case "int":
		bad = []string{"many", "1.5", "99999999999999999999", "NaN"}
	case "float":
		bad = []string{"many", "NaN", "+Inf", "1e999"}
	case "bool":
		bad = []string{"perhaps"}
	case "duration":
		bad = []string{"soon", "-1s"}
	case "query":
		bad = []string{"%zz"}
	case "map":
		bad = []string{"pair"}
	}
	if len(p.Enum) > 0 {
		bad = append(bad, "no such choice", strings.Join(p.Enum, ","))
	}
	if p.Above != "" {
		bad = append(bad, p.Above)
	}
	return bad
}

// give returns a copy of spec that gives p a value in the first place where it
// may be given.
func give(spec scalerkit.Spec, p scalerkit.Param, value string) scalerkit.Spec {
	spec = without(spec, p)
	name := p.Names[0]
	switch p.From[0] {
	case scalerkit.FromMetadata:
		spec = with(spec, name, value)
	case scalerkit.FromAuth:
		if spec.Auth == nil {
			spec.Auth = make(map[string]string)
		}
		spec.Auth[name] = value
	case scalerkit.FromEnv:
		spec = with(spec, name+"FromEnv", "VARIABLE")
		spec.LookupEnv = func(string) (string, bool) { return value, true }
	}
	return spec
}

func badValueIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		for _, value := range badValues(p) {
			e.wantNamed(fmt.Sprintf("with %s %q", p.Names[0], value), give(e.Spec, p, value), p.Names...)
		}
	}
}

// unsetVariableIsNamed refers to a variable that is not set, for every
// parameter that may come from one.
func unsetVariableIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		if slices.Contains(p.From, scalerkit.FromEnv) {
			spec := with(without(e.Spec, p), p.Names[0]+"FromEnv", "NOT_SET")
			spec.LookupEnv = func(string) (string, bool) { return "", false }
			e.wantNamed("with "+p.Names[0]+" from a variable that is not set", spec, p.Names[0])
		}
	}
}

func doubledKeyIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		name := p.Names[0]
		if e.Spec.Metadata[name] == "" {
			continue
		}
		switch {
		case slices.Contains(p.From, scalerkit.FromAuth):
			spec := without(e.Spec, p)
			spec.Metadata[name] = e.Spec.Metadata[name]
			if spec.Auth == nil {
				spec.Auth = make(map[string]string)
			}
			spec.Auth[name] = e.Spec.Metadata[name] + "1"
			e.wantNamed("with two values for "+name, spec, name, name+" in the authentication")
		case len(p.Names) > 1:
			spec := with(e.Spec, p.Names[1], e.Spec.Metadata[name]+"1")
			e.wantNamed("with two values for "+name, spec, p.Names...)
		}
	}
}

// everyProblemIsReported makes as many mistakes as there are parameters to
// make them in, and counts the answers.
func everyProblemIsReported(e *env) {
	spec := with(e.Spec, "noSuchParameter", "1")
	mistakes := [][]string{{"noSuchParameter"}}
	for _, p := range e.driver.Params() {
		if bad := badValues(p); len(bad) > 0 {
			spec = give(spec, p, bad[0])
			mistakes = append(mistakes, p.Names)
		}
	}
	_, err := e.try(spec)
	if err == nil {
		e.Fatalf("opened with %d mistakes", len(mistakes))
	}
	for _, keys := range mistakes {
		if complaint := names(err, keys...); complaint != nil {
			e.Errorf("the error %v", complaint)
		}
	}
}

func openDoesNoIO(e *env) {
	e.network.refuse()
	s := e.open(e.Spec)
	s.Metric()
	if b, ok := s.(scalerkit.Batcher); ok {
		b.BatchKey()
	}
	if n := e.network.dialled(); n > 0 {
		e.Errorf("Open, Metric and BatchKey dialled %d times", n)
	}
}

func metricIsConstant(e *env) {
	s := e.open(e.Spec)
	first := s.Metric()
	switch {
	case first.Name == "":
		e.Error("the metric has no name")
	case first.Target.Kind != scalerkit.PerReplica && first.Target.Kind != scalerkit.Total:
		e.Errorf("the target kind is %q", first.Target.Kind)
	case !(first.Target.Value > 0):
		e.Errorf("the target is %v", first.Target.Value)
	}
	e.set(e.Trigger, e.Levels[len(e.Levels)-1])
	e.await(s, e.Levels[len(e.Levels)-1])
	if now := s.Metric(); now != first {
		e.Errorf("the metric was %+v and is now %+v", first, now)
	}

	total := e.Spec
	total.MetricType = scalerkit.Total
	if got := e.open(total).Metric().Target.Kind; got != scalerkit.Total {
		e.Errorf("the target kind is %q, the trigger says %q", got, scalerkit.Total)
	}
	if e.TargetKey != "" {
		if got := e.open(e.override(e.TargetKey, "3")).Metric().Target.Value; got != 3 {
			e.Errorf("the target is %v, %s says 3", got, e.TargetKey)
		}
	}
	if b, ok := s.(scalerkit.Batcher); ok && !reflect.TypeOf(b.BatchKey()).Comparable() {
		e.Errorf("BatchKey returns a %T, which cannot be compared", b.BatchKey())
	}
}

// override returns the Spec with another value for one of its parameters.
func (e *env) override(key, value string) scalerkit.Spec {
	return give(e.Spec, *e.param(key), value)
}
