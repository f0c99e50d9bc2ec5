package scalertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
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

// missingKeyIsNamed leaves out one parameter after another. What is wrong then
// is for the driver to say, but it has to say it about parameters.
func missingKeyIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		if spec := without(e.Spec, p); p.Required {
			e.wantNamed("without "+p.Names[0], spec, p.Names...)
		} else {
			e.wantConfigErrors("without "+p.Names[0], spec)
		}
	}
	e.wantConfigErrors("without any parameter", scalerkit.Spec{Type: e.Spec.Type, Name: e.Spec.Name})
}

func unknownKeyIsNamed(e *env) {
	spec := with(e.Spec, "noSuchParameter", "1")
	if e.param("*") != nil {
		e.open(spec)
		return
	}
	e.wantNamed("with an unknown key", spec, "noSuchParameter")
	e.wantTolerated("with an unknown key", spec, "noSuchParameter")
}

// malformed are texts that do not have a Param's Format.
var malformed = map[string]string{
	"url": "ftp://example.com", "server": "ftp://example.com", "address": "example.com", "host": "example.com/path", "port": "first", "query": "%zz",
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
	if text, ok := malformed[p.Format]; ok {
		bad = append(bad, text)
	}
	if len(p.Enum) > 0 {
		bad = append(bad, "no such choice")
	}
	if p.Above != "" {
		bad = append(bad, p.Above)
	}
	return bad
}

// badValueIsNamed gives every parameter values of the wrong type, and refers
// to variables that are not set.
func badValueIsNamed(e *env) {
	want := func(p scalerkit.Param, values ...string) {
		e.Helper()
		for _, value := range values {
			e.wantNamed(fmt.Sprintf("with %s %q", p.Names[0], value), give(e.Spec, p, value), p.Names...)
		}
	}
	for _, p := range e.driver.Params() {
		want(p, badValues(p)...)
		if slices.Contains(p.From, driver.FromEnv) {
			spec := with(without(e.Spec, p), p.Names[0]+"FromEnv", "NOT_SET")
			spec.Env = nil
			e.wantNamed("with "+p.Names[0]+" from a variable that is not set", spec, p.Names[0])
		}
	}
	if e.TargetKey != "" {
		want(e.mustParam(e.TargetKey), "many")
	}
	if e.ActivationKey != "" {
		want(e.mustParam(e.ActivationKey), "many")
	}
}

// doubledKeyIsNamed gives parameters that the Spec has in two ways at once.
func doubledKeyIsNamed(e *env) {
	for _, p := range e.driver.Params() {
		ways, value := waysToGive(p), given(e.Spec, p)
		if len(ways) < 2 || value == "" {
			continue
		}
		what := "with two values for " + p.Names[0]
		spec := ways[1](ways[0](without(e.Spec, p), value), value+"1")
		keys := append(slices.Clone(p.Names), p.Names[0]+" in the authentication")
		e.wantNamed(what, spec, keys...)
		if p.Agree {
			options := e.options
			options.Warn = func(scalerkit.ConfigError) {}
			e.wantRefused(what+" and Options.Warn", spec, options, keys...)
		} else {
			e.wantTolerated(what, spec, keys...)
		}
	}
}

// everyProblemIsReported makes as many mistakes as there are parameters to
// make them in, and counts the answers.
func everyProblemIsReported(e *env) {
	spec, mistakes := e.Spec, [][]string(nil)
	if e.param("*") == nil {
		spec, mistakes = with(spec, "noSuchParameter", "1"), [][]string{{"noSuchParameter"}}
	}
	for _, p := range e.driver.Params() {
		bad := badValues(p)
		if p.Names[0] == e.TargetKey {
			bad = []string{"many"}
		}
		if len(bad) > 0 {
			spec = give(spec, p, bad[0])
			mistakes = append(mistakes, p.Names)
		}
	}
	_, err := e.try(spec, e.options)
	if err == nil {
		e.Fatalf("opened with %d mistakes", len(mistakes))
	}
	for _, keys := range mistakes {
		if complaint := names(err, keys...); complaint != nil {
			e.Errorf("the error %v", complaint)
		}
	}
}

// wantNamed fails the check unless the spec is refused with an error that
// names one of the keys.
func (e *env) wantNamed(what string, spec scalerkit.Spec, keys ...string) {
	e.Helper()
	e.wantRefused(what, spec, e.options, keys...)
}

// wantRefused is wantNamed with other options.
func (e *env) wantRefused(what string, spec scalerkit.Spec, options scalerkit.Options, keys ...string) {
	e.Helper()
	s, err := e.try(spec, options)
	if err == nil {
		e.close(s) // opened by mistake
		e.Errorf("%s: opened", what)
		return
	}
	if complaint := names(err, keys...); complaint != nil {
		e.Errorf("%s: the error %v", what, complaint)
	}
}

// wantConfigErrors fails the check if the spec is refused with any other error.
func (e *env) wantConfigErrors(what string, spec scalerkit.Spec) {
	e.Helper()
	s, err := e.try(spec, e.options)
	switch {
	case err == nil:
		e.close(s)
	case len(scalerkit.ConfigErrors(err)) == 0:
		e.Errorf("%s: the error is no ConfigError: %v", what, err)
	}
}

// wantTolerated fails the check unless Options.Warn is told of one of the keys,
// and of nothing else, and the spec is opened then.
func (e *env) wantTolerated(what string, spec scalerkit.Spec, keys ...string) {
	e.Helper()
	var warned []error
	options := e.options
	options.Warn = func(w scalerkit.ConfigError) { warned = append(warned, w) }
	s, err := e.try(spec, options)
	if err != nil {
		e.Errorf("%s and Options.Warn: %v", what, err)
		return
	}
	e.close(s)
	if len(warned) != 1 || names(warned[0], keys...) != nil {
		e.Errorf("%s: Options.Warn was told %q, want it to hear of %v once", what, warned, keys)
	}
}

// names reports whether err has a ConfigError about one of the keys, which
// also says of which trigger type it speaks.
func names(err error, keys ...string) error {
	problems := scalerkit.ConfigErrors(err)
	if len(problems) == 0 {
		return fmt.Errorf("is no ConfigError: %w", err)
	}
	for _, p := range problems {
		if p.Type == "" {
			return fmt.Errorf("does not name the trigger type: %w", err)
		}
		for _, key := range keys {
			if p.Key == key || p.Key == key+"FromEnv" {
				return nil
			}
		}
	}
	return fmt.Errorf("does not name %v: %w", keys, err)
}
