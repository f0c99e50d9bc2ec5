package scalerkit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func TestEveryProblemIsReportedAtOnceAndInTheSameOrder(t *testing.T) {
	spec := scalerkit.Spec{
		Type:       "broker",
		Name:       "orders",
		MetricType: "Utilization",
		Identity:   scalerkit.Identity{Provider: "gcp"},
		Metadata: values{
			"length": "0", "mode": "redy", "zeta": "1", "alpha": "2", "password": "x", "usernameFromEnv": "NOBODY", "unsafeSsl": "maybe",
		},
		Auth: scalerkit.Secrets(values{"hots": "h", "cert": "PEM"}),
	}
	const want = `broker trigger "orders": usernameFromEnv: environment variable "NOBODY" is not set
broker trigger "orders": unsafeSsl: "maybe" is not true or false
broker trigger "orders": length: "0" is not greater than 0
broker trigger "orders": mode: "redy" is not one of ready, unacked, all; did you mean "ready"?
broker trigger "orders": podIdentity: "gcp" is not used by this trigger type: leave it out
broker trigger "orders": alpha: is not a parameter of this trigger type; there are host, hostFromEnv, length, mode, passwordFromEnv, queue, queueName, unsafeSsl, usernameFromEnv
broker trigger "orders": password: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in passwordFromEnv
broker trigger "orders": zeta: is not a parameter of this trigger type; there are host, hostFromEnv, length, mode, passwordFromEnv, queue, queueName, unsafeSsl, usernameFromEnv
broker trigger "orders": hots: is not a parameter of this trigger type in the authentication; did you mean "host"?
broker trigger "orders": queue: is missing: set it in the metadata
broker trigger "orders": metricType: "Utilization" is not one of AverageValue, Value
broker trigger "orders": key: is missing: the client certificate in cert needs its private key`
	for range 20 {
		require.EqualError(t, scalerkit.Decode(spec, new(brokerConfig)), want)
	}
}

func TestMissingParametersSayHowToGiveThem(t *testing.T) {
	type config struct {
		Meta string           `scaler:"meta|metaName,required"`
		Auth scalerkit.Secret `scaler:"auth,required" from:"auth"`
		All  []string         `scaler:"all,required" from:"env,auth,metadata"`
		Zero *int             `scaler:"zero,required"`
	}
	const want = `trigger: meta: is missing: set it in the metadata
trigger: auth: is missing: let the authentication deliver it
trigger: all: is missing: name an environment variable in allFromEnv, or let the authentication deliver it, or set it in the metadata
trigger: zero: is missing: set it in the metadata`
	require.EqualError(t, scalerkit.Decode(scalerkit.Spec{}, new(config)), want)
	require.EqualError(t, scalerkit.Check("", new(config)), want)

	empty := scalerkit.Spec{Metadata: values{"meta": " ", "all": ","}, Auth: scalerkit.Secrets(values{"auth": "\n"})}
	require.EqualError(t, scalerkit.Decode(empty, new(config)), want, "empty is absent")

	given := scalerkit.Spec{Metadata: values{"metaName": "m", "all": "a", "zero": "0"}, Auth: scalerkit.Secrets(values{"auth": "s"})}
	require.NoError(t, scalerkit.Decode(given, new(config)))
}

// A fussy is asked whether it is valid in many ways.
type fussy struct {
	Fussier
	Low   int `scaler:"low"`
	High  int `scaler:"high|highest"`
	Other Inner
	err   error
}

type Fussier struct {
	Deep Inner2
}

type Inner struct {
	A string `scaler:"a"`
}

type Inner2 struct {
	B string `scaler:"b"`
}

func (c fussy) Validate() error {
	if c.err != nil {
		return c.err
	}
	var errs []error
	if c.Low > c.High {
		errs = append(errs, scalerkit.Problem("highest", "%d is less than low, %d", c.High, c.Low))
	}
	if c.Low == 13 {
		errs = append(errs, errors.New("unlucky"))
	}
	return errors.Join(errs...)
}

func (i *Inner) Validate() error {
	if i.A == "bad" {
		return scalerkit.Problem("a", "is bad")
	}
	return nil
}

func (i Inner2) Validate() error {
	if i.B == "bad" {
		return fmt.Errorf("at the bottom: %w", scalerkit.Problem("b", "is bad"))
	}
	return nil
}

func TestValidateMethodsAreAsked(t *testing.T) {
	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"all of them, the inner ones first": {
			values{"low": "5", "high": "2", "a": "bad", "b": "bad"},
			"x trigger: b: is bad\nx trigger: a: is bad\nx trigger: highest: 2 is less than low, 5",
		},
		"and errors that are no Problem count": {
			values{"low": "13"},
			"x trigger: highest: 0 is less than low, 13\nx trigger: unlucky",
		},
		"but not about what is wrong already, whatever name it goes by": {
			values{"low": "5", "high": "many"},
			`x trigger: high: "many" is not a whole number`,
		},
		"but not about what is missing already": {
			values{"low": "5", "high": "2", "highFromEnv": "V"},
			"x trigger: highFromEnv: high cannot come from an environment variable: set it in the metadata\nx trigger: highest: 2 is less than low, 5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := scalerkit.Decode(scalerkit.Spec{Type: "x", Metadata: c.metadata}, new(fussy))
			require.EqualError(t, err, c.want)
		})
	}
	require.EqualError(t, scalerkit.Check("x", &fussy{Low: 2, Other: Inner{A: "bad"}}),
		"x trigger: a: is bad\nx trigger: highest: 0 is less than low, 2")
	require.EqualError(t, scalerkit.Check("x", &fussy{err: errors.New("no luck")}), "x trigger: no luck")
}

func TestAPromotedValidateReportsOnce(t *testing.T) {
	type config struct {
		scalerkit.TLS
	}
	err := scalerkit.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"Cert": "PEM"})}, new(config))
	require.EqualError(t, err, "trigger: key: is missing: the client certificate in cert needs its private key")
	err = scalerkit.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"key": "PEM"})}, new(config))
	require.EqualError(t, err, "trigger: cert: is missing: the private key in key needs its certificate")
	require.NoError(t, scalerkit.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"key": "PEM", "Cert": "PEM"})}, new(config)))
}

func TestValuesThatAreNotMetadataAreNeverQuoted(t *testing.T) {
	const sentinel = "hunter2"
	keys := []string{"choice", "flag", "int", "int32", "int64", "float", "wait", "choices", "map", "query", "maybeInt"}
	auth, metadata := values{"text": sentinel}, values{}
	for _, key := range keys {
		auth[key] = sentinel + "%zz"
		metadata[key+"FromEnv"] = "V"
	}
	env := scalerkit.Secrets(values{"V": sentinel + "%zz;"})
	for name, spec := range map[string]scalerkit.Spec{
		"auth":            {Auth: scalerkit.Secrets(auth)},
		"env":             {Metadata: metadata, Env: env},
		"both":            {Auth: scalerkit.Secrets(auth), Metadata: metadata, Env: env},
		"doubled secrets": {Auth: scalerkit.Secrets(values{"secret": sentinel}), Metadata: values{"secret": sentinel + "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := scalerkit.Decode(spec, new(variety))
			require.Error(t, err)
			require.NotContains(t, err.Error(), sentinel)
			require.NotContains(t, fmt.Sprintf("%+v %#v", err, scalerkit.ConfigErrors(err)), sentinel)
		})
	}
}
