package driver_test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// newDriver returns the Driver of a Type.
func newDriver[C any](name string, open func(C, scalerkit.Options) (scalerkit.Scaler, error), aliases ...string) scalerkit.Driver {
	return driver.Type[C]{Name: name, Aliases: aliases, Open: func(c *C, o scalerkit.Options) (scalerkit.Scaler, error) { return open(*c, o) }}.Driver()
}

func brokerDriver(name string, aliases ...string) scalerkit.Driver {
	return newDriver(name, openBroker, aliases...)
}

func openBroker(config brokerConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
	return &level{metric: scalerkit.Metric{
		Name:   driver.MetricName("broker", config.Queue),
		Target: scalerkit.Target{Kind: config.MetricType, Value: float64(config.Length)},
	}}, nil
}

func TestDriversOpenWithoutARegistry(t *testing.T) {
	_, err := brokerDriver("rabbitmq").Open(scalerkit.Spec{Name: "n"}, scalerkit.Options{})
	require.EqualError(t, err, `rabbitmq trigger "n": queue: is missing: set it in the metadata`)
}

func TestErrorsOfNewSayWhatTriggerTheyAreAbout(t *testing.T) {
	open := func(err error) error {
		d := newDriver("rabbitmq", func(brokerConfig, scalerkit.Options) (scalerkit.Scaler, error) {
			return (*level)(nil), err
		})
		s, err := d.Open(scalerkit.Spec{Type: "amqp", Name: "n", Metadata: values{"queue": "q"}}, scalerkit.Options{})
		require.Nil(t, s)
		return err
	}
	require.EqualError(t, open(scalerkit.ConfigError{Key: "ca", Problem: "is no certificate"}), `amqp trigger "n": ca: is no certificate`)
	require.EqualError(t, open(errors.Join(io.EOF, scalerkit.ConfigError{Type: "other", Key: "ca", Problem: "is no certificate"})),
		"amqp trigger \"n\": EOF\namqp trigger \"n\": ca: is no certificate")
	err := open(io.EOF)
	require.EqualError(t, err, `amqp trigger "n": EOF`)
	require.ErrorIs(t, err, io.EOF)
}

func TestParamsDescribeTheConfig(t *testing.T) {
	meta, auth := []string{driver.FromMetadata}, []string{driver.FromAuth}
	authOrEnv := []string{driver.FromAuth, driver.FromEnv}
	anywhere := []string{driver.FromAuth, driver.FromMetadata, driver.FromEnv}
	want := []scalerkit.Param{
		{Names: []string{"host"}, Type: "string", From: anywhere, Doc: "host:port"},
		{Names: []string{"username"}, Type: "string", From: authOrEnv, Doc: "user"},
		{Names: []string{"password"}, Type: "secret", From: authOrEnv, Doc: "password"},
		{Names: []string{"ca"}, Type: "string", From: auth, Doc: "PEM certificates to trust besides the system's"},
		{Names: []string{"cert", "Cert"}, Type: "string", From: auth, Doc: "PEM client certificate"},
		{Names: []string{"key"}, Type: "secret", From: auth, Doc: "PEM private key of the client certificate"},
		{Names: []string{"keyPassword"}, Type: "secret", From: auth, Doc: "passphrase of the private key, if it is encrypted"},
		{Names: []string{"unsafeSsl"}, Type: "bool", From: []string{driver.FromMetadata, driver.FromAuth}, Doc: "accept any server certificate"},
		{Names: []string{"queue", "queueName"}, Type: "string", From: meta, Required: true, Doc: "queue to read"},
		{Names: []string{"length"}, Type: "int", From: meta, Default: "5", Above: "0", Doc: "messages per replica"},
		{Names: []string{"mode"}, Type: "string", From: meta, Default: "ready", Enum: []string{"ready", "unacked", "all"}, Doc: "messages that count"},
	}
	d := brokerDriver("broker")
	require.Equal(t, want, d.Params())
	d.Params()[0] = scalerkit.Param{}
	require.Equal(t, want, d.Params())

	var types []string
	for _, p := range newDriver("x", func(variety, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }).Params() {
		types = append(types, p.Type)
	}
	require.Equal(t, []string{"string", "string", "bool", "int", "int", "int", "float", "duration", "list", "list", "map", "query", "secret", "int"}, types)
}

// An identified Config has a word to say of what is not in the metadata.
type identified struct {
	Who  scalerkit.Identity
	Kind scalerkit.TargetKind
}

func (c *identified) Parse(p *driver.Problems) {
	if c.Who.Provider != "aws" {
		p.Add(&c.Who, "is not aws: %s needs it", p.Name(&c.Kind))
	}
	if p.Valid(&c.Kind) {
		p.Add(&c.Kind, "goes with %s", p.Name(&c.Who.AuthorityHost))
	}
}

func TestTheIdentityAndTheMetricTypeMayHaveProblems(t *testing.T) {
	const inSpec = `x trigger: podIdentity: is not aws: metricType needs it
x trigger: metricType: goes with identityAuthorityHost`
	require.EqualError(t, driver.Decode(scalerkit.Spec{Type: "x"}, new(identified)), inSpec)
	require.EqualError(t, driver.Check("x", new(identified)), "x trigger: Who: is not aws: Kind needs it\nx trigger: Kind: goes with Who.AuthorityHost")
	require.EqualError(t, driver.Check("x", &identified{Kind: "Utilization"}),
		`x trigger: Kind: "Utilization" is not one of AverageValue, Value`+"\nx trigger: Who: is not aws: Kind needs it")
}

// An owning Config has something of the program's.
type owning struct {
	Names  []string          `scaler:"names"`
	Labels map[string]string `scaler:"labels"`
	Own    any               `scaler:"-"`
}

func TestADriverIsGivenWhatASpecCannotSay(t *testing.T) {
	var got []any
	trigger := driver.Type[owning]{
		Name:    "x",
		Prepare: func(c *owning) { c.Own = "the type's" },
		Open: func(c *owning, _ scalerkit.Options) (scalerkit.Scaler, error) {
			got = append(got, c.Own)
			return nil, nil
		},
	}
	for _, d := range []scalerkit.Driver{trigger.Driver(), trigger.Driver(func(c *owning) { c.Own = "the program's" }), trigger.Driver()} {
		_, err := d.Open(scalerkit.Spec{}, scalerkit.Options{})
		require.NoError(t, err)
	}
	require.Equal(t, []any{"the type's", "the program's", "the type's"}, got)
}

func TestAConfigIsCopied(t *testing.T) {
	config := owning{Names: []string{"a"}, Labels: map[string]string{"k": "v"}}
	var got *owning
	trigger := driver.Type[owning]{Open: func(c *owning, _ scalerkit.Options) (scalerkit.Scaler, error) {
		got = c
		return nil, nil
	}}
	_, err := trigger.New(config, scalerkit.Options{})
	require.NoError(t, err)
	config.Names[0], config.Labels["k"] = "b", "w"
	require.Equal(t, &owning{Names: []string{"a"}, Labels: map[string]string{"k": "v"}}, got)
}

func TestKEDAsNameFollowsFromTheTriggerTypeIfNothingElseIsSaid(t *testing.T) {
	type config struct {
		Length string `scaler:"length"`
	}
	for want, typ := range map[string]driver.Type[config]{
		"awsSqsQueueScaler": {Name: "aws-sqs-queue"},
		"redisScaler":       {Name: "redis"},
		"rabbitMQScaler":    {Name: "rabbitmq", KEDAName: "rabbitMQScaler"},
	} {
		require.Equal(t, want, driver.KEDAName(typ.Driver()))
	}
}
