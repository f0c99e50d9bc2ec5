package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A placed has parameters of all kinds of origins.
type placed struct {
	Meta    string           `scaler:"meta|metaName"`
	Auth    string           `scaler:"auth" from:"auth"`
	Env     string           `scaler:"env" from:"env"`
	Any     string           `scaler:"any|anyName" from:"auth,metadata,env"`
	Secret  scalerkit.Secret `scaler:"secret" from:"auth,env"`
	Numbers []string         `scaler:"numbers" from:"metadata,auth" enum:"1|2"`
}

func TestTheFirstPlaceHasPrecedence(t *testing.T) {
	env := scalerkit.Secrets(values{"V": "env", "W": "env by synonym", "EMPTY": " "})
	for name, c := range map[string]struct {
		spec     scalerkit.Spec
		want     placed
		warnings []scalerkit.ConfigError
	}{
		"synonyms of a place come before the next place": {
			spec: scalerkit.Spec{
				Metadata: values{"any": "meta", "anyFromEnv": "V", "anyNameFromEnv": "W"},
				Auth:     scalerkit.Secrets(values{"anyName": "auth"}),
				Env:      env,
			},
			want: placed{Any: "auth"},
			warnings: []scalerkit.ConfigError{
				{Key: "any", Problem: "is given with another value in anyName already: keep one of the two"},
				{Key: "anyFromEnv", Problem: "is given with another value in anyName already: keep one of the two"},
				{Key: "anyNameFromEnv", Problem: "is given with another value in anyName already: keep one of the two"},
			},
		},
		"the first name comes before its synonyms": {
			spec: scalerkit.Spec{Metadata: values{"metaName": "second", "meta": "first"}},
			want: placed{Meta: "first"},
			warnings: []scalerkit.ConfigError{
				{Key: "metaName", Problem: "is given with another value in meta already: keep one of the two"},
			},
		},
		"one key in two places": {
			spec: scalerkit.Spec{Metadata: values{"any": "meta"}, Auth: scalerkit.Secrets(values{"any": "auth"})},
			want: placed{Any: "auth"},
			warnings: []scalerkit.ConfigError{
				{Key: "any", Problem: "is given with another value in the authentication already: keep one of the two"},
			},
		},
		"one key in two places, the other way round": {
			spec: scalerkit.Spec{Metadata: values{"numbers": "1"}, Auth: scalerkit.Secrets(values{"numbers": "2"})},
			want: placed{Numbers: []string{"1"}},
			warnings: []scalerkit.ConfigError{
				{Key: "numbers", Problem: "is given with another value in the metadata already: keep one of the two"},
			},
		},
		"an empty value gives way": {
			spec: scalerkit.Spec{Metadata: values{"any": "meta", "anyNameFromEnv": "EMPTY"}, Auth: scalerkit.Secrets(values{"any": " ", "anyName": ""}), Env: env},
			want: placed{Any: "meta"},
		},
		"an empty list gives way": {
			spec: scalerkit.Spec{Metadata: values{"numbers": ", ,"}, Auth: scalerkit.Secrets(values{"numbers": "2"})},
			want: placed{Numbers: []string{"2"}},
		},
		"equal values do no harm": {
			spec: scalerkit.Spec{Metadata: values{"any": " same", "anyName": "same"}, Auth: scalerkit.Secrets(values{"any": "same "})},
			want: placed{Any: "same"},
		},
		"a secret that is doubled is not shown": {
			spec: scalerkit.Spec{Metadata: values{"secretFromEnv": "V"}, Auth: scalerkit.Secrets(values{"secret": "auth"}), Env: env},
			want: placed{Secret: scalerkit.NewSecret("auth")},
			warnings: []scalerkit.ConfigError{
				{Key: "secretFromEnv", Problem: "is given with another value in secret already: keep one of the two"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { checkLeniency(t, c.spec, c.want, c.warnings) })
	}
}

func TestKeysInTheWrongPlaceAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.ConfigError
	}{
		"auth in the metadata": {
			scalerkit.Spec{Metadata: values{"auth": "x"}},
			scalerkit.ConfigError{Key: "auth", Problem: "cannot be given in the metadata: let the authentication deliver it"},
		},
		"a secret in the metadata": {
			scalerkit.Spec{Metadata: values{"secret": "x"}},
			scalerkit.ConfigError{Key: "secret", Problem: "cannot be given in the metadata: let the authentication deliver it, or name an environment variable in secretFromEnv"},
		},
		"metadata in the authentication": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"metaName": "x"})},
			scalerkit.ConfigError{Key: "metaName", Problem: "cannot be given in the authentication: set it in the metadata"},
		},
		"a variable's value in the metadata": {
			scalerkit.Spec{Metadata: values{"env": "x"}},
			scalerkit.ConfigError{Key: "env", Problem: "cannot be given in the metadata: name an environment variable in envFromEnv"},
		},
		"a variable for what cannot come from one": {
			scalerkit.Spec{Metadata: values{"metaFromEnv": "V"}},
			scalerkit.ConfigError{Key: "metaFromEnv", Problem: "meta cannot come from an environment variable: set it in the metadata"},
		},
		"a variable named in the authentication": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"secretFromEnv": "V"})},
			scalerkit.ConfigError{Key: "secretFromEnv", Problem: "belongs in the metadata"},
		},
		"a misspelling": {
			scalerkit.Spec{Metadata: values{"metName": "x"}},
			scalerkit.ConfigError{Key: "metName", Problem: `is not a parameter of this trigger type; did you mean "metaName"?`},
		},
		"wrong case": {
			scalerkit.Spec{Metadata: values{"METANAME": "x"}},
			scalerkit.ConfigError{Key: "METANAME", Problem: `is not a parameter of this trigger type; did you mean "metaName"?`},
		},
		"a misspelled variable": {
			scalerkit.Spec{Metadata: values{"secretFormEnv": "V"}},
			scalerkit.ConfigError{Key: "secretFormEnv", Problem: `is not a parameter of this trigger type; did you mean "secretFromEnv"?`},
		},
		"a stranger in the metadata": {
			scalerkit.Spec{Metadata: values{"pollingInterval": ""}},
			scalerkit.ConfigError{Key: "pollingInterval", Problem: "is not a parameter of this trigger type; there are any, anyFromEnv, anyName, anyNameFromEnv, envFromEnv, meta, metaName, numbers, secretFromEnv"},
		},
		"a stranger in the authentication": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"clientCertificate": "x"})},
			scalerkit.ConfigError{Key: "clientCertificate", Problem: "is not a parameter of this trigger type in the authentication; there are any, anyName, auth, numbers, secret"},
		},
		"a key without a name": {
			scalerkit.Spec{Metadata: values{"FromEnv": "x"}},
			scalerkit.ConfigError{Key: "FromEnv", Problem: "is not a parameter of this trigger type; did you mean \"anyFromEnv\"?"},
		},
	} {
		t.Run(name, func(t *testing.T) { checkLeniency(t, c.spec, placed{}, []scalerkit.ConfigError{c.want}) })
	}

	type nothing struct {
		Auth string `scaler:"auth" from:"auth"`
	}
	err := driver.Decode(scalerkit.Spec{Metadata: values{"x": "y"}}, new(nothing))
	require.EqualError(t, err, "trigger: x: is not a parameter of this trigger type")
}

// checkLeniency checks that spec opens as want if the warnings are tolerated,
// and that they are the errors otherwise.
func checkLeniency(t *testing.T, spec scalerkit.Spec, want placed, warnings []scalerkit.ConfigError) {
	t.Helper()
	spec.Type, spec.Name = "placed", "t"
	for i := range warnings {
		warnings[i].Type, warnings[i].Name = spec.Type, spec.Name
	}
	require.Equal(t, warnings, scalerkit.ConfigErrors(driver.Decode(spec, new(placed))), "without Warn")

	got, warned, err := decodeLeniently[placed](spec)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, warnings, warned, "with Warn")
}

// decodeLeniently decodes the way that Driver.Open does with Options.Warn.
func decodeLeniently[C any](spec scalerkit.Spec) (config C, warnings []scalerkit.ConfigError, err error) {
	driver := newDriver(spec.Type, func(c C, _ scalerkit.Options) (scalerkit.Scaler, error) {
		config = c
		return new(level), nil
	})
	warn := func(w scalerkit.ConfigError) { warnings = append(warnings, w) }
	_, err = driver.Open(spec, scalerkit.Options{Warn: warn})
	return config, warnings, err
}

func TestVariablesThatAreNotSetAreNamed(t *testing.T) {
	type config struct {
		Host  string `scaler:"host,required" from:"env,auth"`
		Limit int    `scaler:"limit" from:"metadata,env" default:"3" min:"1"`
	}
	unset := scalerkit.ConfigError{Type: "x", Key: "hostFromEnv", Problem: `environment variable "HOST" is not set`}
	noLimit := scalerkit.ConfigError{Type: "x", Key: "limitFromEnv", Problem: `environment variable "LIMIT" is not set`}
	spec := scalerkit.Spec{Type: "x", Metadata: values{"hostFromEnv": "HOST", "limitFromEnv": "LIMIT"}}

	t.Run("as errors", func(t *testing.T) {
		require.Equal(t, []scalerkit.ConfigError{unset, noLimit}, scalerkit.ConfigErrors(driver.Decode(spec, new(config))))
		spec := spec
		spec.Env, spec.Auth = scalerkit.Secrets(values{"LIMIT": "2"}), scalerkit.Secrets(values{"host": "h"})
		require.EqualError(t, driver.Decode(spec, new(config)), unset.Error(), "although the authentication has it")
	})
	t.Run("as an error if the parameter is required, whatever is tolerated", func(t *testing.T) {
		_, warned, err := decodeLeniently[config](spec)
		require.EqualError(t, err, unset.Error())
		require.Equal(t, []scalerkit.ConfigError{noLimit}, warned)
	})
	t.Run("as a warning if there is another value", func(t *testing.T) {
		spec := spec
		spec.Auth = scalerkit.Secrets(values{"host": "h"})
		got, warned, err := decodeLeniently[config](spec)
		require.NoError(t, err)
		require.Equal(t, config{Host: "h", Limit: 3}, got)
		require.Equal(t, []scalerkit.ConfigError{unset, noLimit}, warned)
	})
	t.Run("not if they are set and empty", func(t *testing.T) {
		spec := spec
		spec.Env = scalerkit.Secrets(values{"HOST": "", "LIMIT": " "})
		require.EqualError(t, driver.Decode(spec, new(config)),
			"x trigger: host: is missing: name an environment variable in hostFromEnv, or let the authentication deliver it")
	})
}
