package driver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
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
		require.EqualError(t, driver.Decode(spec, new(brokerConfig)), want)
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
	require.EqualError(t, driver.Decode(scalerkit.Spec{}, new(config)), want)
	require.EqualError(t, driver.Check("", new(config)), "trigger: Meta: is missing\ntrigger: Auth: is missing\ntrigger: All: is missing\ntrigger: Zero: is missing")

	empty := scalerkit.Spec{Metadata: values{"meta": " ", "all": ","}, Auth: scalerkit.Secrets(values{"auth": "\n"})}
	require.EqualError(t, driver.Decode(empty, new(config)), want, "empty is absent")

	given := scalerkit.Spec{Metadata: values{"metaName": "m", "all": "a", "zero": "0"}, Auth: scalerkit.Secrets(values{"auth": "s"})}
	require.NoError(t, driver.Decode(given, new(config)))
}

// A fussy is asked whether it is valid in many ways.
type fussy struct {
	Fussier
	Low   int `scaler:"low"`
	High  int `scaler:"high|highest"`
	Other Inner
	sum   int
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

func (c *fussy) Parse(p *driver.Problems) {
	if p.Valid(&c.High) && c.Low > c.High {
		p.Add(&c.High, "%d is less than %s, %d", c.High, p.Name(&c.Low), c.Low)
	}
	if c.Low == 13 {
		p.Add(nil, "unlucky")
		p.Add(nil, "unlucky")
	}
	if c.Low == 7 {
		p.Warn(&c.Low, "is lucky")
	}
	c.sum = c.Low + c.High
}

func (i *Inner) Parse(p *driver.Problems) {
	if i.A == "bad" {
		p.Add(&i.A, "is bad")
		p.Add(&i.A, "and worse")
	}
}

func (i *Inner2) Parse(p *driver.Problems) {
	if i.B == "bad" {
		p.Add(&i.B, "is bad")
	}
}

func TestParseMethodsAreAsked(t *testing.T) {
	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"all of them, the inner ones first": {
			values{"low": "5", "highest": "2", "a": "bad", "b": "bad"},
			"x trigger: b: is bad\nx trigger: a: is bad\nx trigger: highest: 2 is less than low, 5",
		},
		"and problems of the whole count once": {
			values{"low": "13"},
			"x trigger: high: 0 is less than low, 13\nx trigger: unlucky",
		},
		"but not about what is wrong already, whatever name it goes by": {
			values{"low": "5", "high": "many"},
			`x trigger: high: "many" is not a whole number`,
		},
		"with what is wrong besides": {
			values{"low": "5", "high": "2", "highFromEnv": "V"},
			"x trigger: highFromEnv: high cannot come from an environment variable: set it in the metadata\nx trigger: high: 2 is less than low, 5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := driver.Decode(scalerkit.Spec{Type: "x", Metadata: c.metadata}, new(fussy))
			require.EqualError(t, err, c.want)
		})
	}
	require.EqualError(t, driver.Check("x", &fussy{Low: 2, Other: Inner{A: "bad"}}),
		"x trigger: Other.A: is bad\nx trigger: High: 0 is less than Low, 2")
}

func TestWhatWasParsedIsKept(t *testing.T) {
	var opened int
	trigger := driver.Type[fussy]{
		Name: "x", Prepare: func(c *fussy) { c.High = 3 },
		Open: func(c *fussy, _ scalerkit.Options) (scalerkit.Scaler, error) { opened = c.sum; return &level{}, nil },
	}
	_, err := trigger.New(fussy{Low: 2}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, 5, opened)
	var warned []string
	warn := func(e scalerkit.ConfigError) { warned = append(warned, e.Error()) }
	_, err = trigger.Driver().Open(scalerkit.Spec{Name: "n", Metadata: values{"low": "7", "high": "8"}}, scalerkit.Options{Warn: warn})
	require.NoError(t, err)
	require.Equal(t, 15, opened)
	require.Equal(t, []string{`x trigger "n": low: is lucky`}, warned)
	_, err = trigger.Driver().Open(scalerkit.Spec{Metadata: values{"low": "7", "high": "8"}}, scalerkit.Options{})
	require.NoError(t, err)
}

func TestAPointerToAnythingElseIsAMistakeInTheProgram(t *testing.T) {
	require.PanicsWithValue(t, "driver: a *int does not point to a parameter of driver_test.mistaken", func() { _ = driver.Check("x", new(mistaken)) })
}

type mistaken struct {
	A string `scaler:"a"`
	b int
}

func (m *mistaken) Parse(p *driver.Problems) { p.Add(&m.b, "is no parameter") }

func TestAPromotedParseReportsOnce(t *testing.T) {
	type config struct {
		driver.TLS
	}
	err := driver.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"Cert": "PEM"})}, new(config))
	require.EqualError(t, err, "trigger: key: is missing: the client certificate in Cert needs its private key")
	err = driver.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"key": "PEM"})}, new(config))
	require.EqualError(t, err, "trigger: cert: is missing: the private key in key needs its certificate")
	own := newPair(t)
	require.NoError(t, driver.Decode(scalerkit.Spec{Auth: scalerkit.Secrets(values{"key": own.Key, "Cert": own.Cert})}, new(config)))
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
			err := driver.Decode(spec, new(variety))
			require.Error(t, err)
			require.NotContains(t, err.Error(), sentinel)
			require.NotContains(t, fmt.Sprintf("%+v %#v", err, scalerkit.ConfigErrors(err)), sentinel)
		})
	}
}
