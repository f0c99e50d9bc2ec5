package scalerkit_test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func brokerDriver(name string, aliases ...string) scalerkit.Driver {
	return scalerkit.NewDriver(name, openBroker, aliases...)
}

func openBroker(config brokerConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
	if err := scalerkit.Check("broker", &config); err != nil {
		return nil, err
	}
	return &level{metric: scalerkit.Metric{
		Name:   scalerkit.MetricName("broker", config.Queue),
		Target: scalerkit.Target{Kind: config.MetricType, Value: float64(config.Length)},
	}}, nil
}

func TestRegistriesOpenByNameAndAlias(t *testing.T) {
	registry := scalerkit.NewRegistry(brokerDriver("rabbitmq", "amqp", "mq"), brokerDriver("artemis"))
	for _, typ := range []string{"rabbitmq", "amqp", "mq", "artemis"} {
		s, err := registry.Open(scalerkit.Spec{Type: typ, Metadata: values{"queue": "orders"}}, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, scalerkit.Metric{Name: "broker-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}}, s.Metric())

		_, err = registry.Open(scalerkit.Spec{Type: typ, Name: "n"}, scalerkit.Options{})
		require.EqualError(t, err, typ+` trigger "n": queue: is missing: set it in the metadata`)
	}

	var names []string
	for _, d := range registry.Drivers() {
		names = append(names, d.Name())
	}
	require.Equal(t, []string{"artemis", "rabbitmq"}, names)
	d, ok := registry.Driver("mq")
	require.True(t, ok)
	require.Equal(t, "rabbitmq", d.Name())
	require.Equal(t, []string{"amqp", "mq"}, d.Aliases())
	_, ok = registry.Driver("")
	require.False(t, ok)
}

func TestUnknownTypesAreNamedWithWhatThereIs(t *testing.T) {
	registry := scalerkit.NewRegistry(brokerDriver("rabbitmq", "amqp"), brokerDriver("kafka"))
	for _, c := range []struct {
		spec scalerkit.Spec
		want string
	}{
		{scalerkit.Spec{Type: "rabitmq", Name: "n"}, `trigger "n": type: "rabitmq" is not a known type; did you mean "rabbitmq"?`},
		{scalerkit.Spec{Type: "solr"}, `trigger: type: "solr" is not a known type; there are amqp, kafka, rabbitmq`},
		{scalerkit.Spec{}, `trigger: type: is missing; there are amqp, kafka, rabbitmq`},
	} {
		s, err := registry.Open(c.spec, scalerkit.Options{})
		require.Nil(t, s)
		require.EqualError(t, err, c.want)
		require.Len(t, scalerkit.ConfigErrors(err), 1)
	}
	_, err := scalerkit.NewRegistry().Open(scalerkit.Spec{Type: "solr"}, scalerkit.Options{})
	require.EqualError(t, err, `trigger: type: "solr" is not a known type`)
}

func TestDriversWithANameInCommonPanic(t *testing.T) {
	for _, drivers := range [][]scalerkit.Driver{
		{brokerDriver("a"), brokerDriver("a")},
		{brokerDriver("a"), brokerDriver("b", "c", "a")},
		{brokerDriver("b", "a"), brokerDriver("a")},
		{brokerDriver("a", "a")},
	} {
		require.PanicsWithValue(t, `scalerkit: two drivers are named "a"`, func() { scalerkit.NewRegistry(drivers...) })
	}
}

func TestDriversOpenWithoutARegistry(t *testing.T) {
	_, err := brokerDriver("rabbitmq").Open(scalerkit.Spec{Name: "n"}, scalerkit.Options{})
	require.EqualError(t, err, `rabbitmq trigger "n": queue: is missing: set it in the metadata`)
}

func TestErrorsOfNewSayWhatTriggerTheyAreAbout(t *testing.T) {
	open := func(err error) error {
		driver := scalerkit.NewDriver("rabbitmq", func(brokerConfig, scalerkit.Options) (scalerkit.Scaler, error) {
			return (*level)(nil), err
		})
		s, err := driver.Open(scalerkit.Spec{Type: "amqp", Name: "n", Metadata: values{"queue": "q"}}, scalerkit.Options{})
		require.Nil(t, s)
		return err
	}
	require.EqualError(t, open(scalerkit.Problem("ca", "is no certificate")), `amqp trigger "n": ca: is no certificate`)
	require.EqualError(t, open(scalerkit.Check("rabbitmq", new(brokerConfig))), `amqp trigger "n": queue: is missing: set it in the metadata`)
	require.EqualError(t, open(errors.Join(io.EOF, scalerkit.Problem("ca", "is no certificate"))),
		"amqp trigger \"n\": EOF\namqp trigger \"n\": ca: is no certificate")
	err := open(io.EOF)
	require.EqualError(t, err, `amqp trigger "n": EOF`)
	require.ErrorIs(t, err, io.EOF)
}

func TestParamsDescribeTheConfig(t *testing.T) {
	meta, auth := []scalerkit.Place{scalerkit.FromMetadata}, []scalerkit.Place{scalerkit.FromAuth}
	authOrEnv := []scalerkit.Place{scalerkit.FromAuth, scalerkit.FromEnv}
	anywhere := []scalerkit.Place{scalerkit.FromAuth, scalerkit.FromMetadata, scalerkit.FromEnv}
	want := []scalerkit.Param{
		{Names: []string{"host"}, Type: "string", From: anywhere, Doc: "host:port"},
		{Names: []string{"username"}, Type: "string", From: authOrEnv, Doc: "user"},
		{Names: []string{"password"}, Type: "secret", From: authOrEnv, Doc: "password"},
		{Names: []string{"ca"}, Type: "string", From: auth, Doc: "PEM certificates to trust besides the system's"},
		{Names: []string{"cert", "Cert"}, Type: "string", From: auth, Doc: "PEM client certificate"},
		{Names: []string{"key"}, Type: "secret", From: auth, Doc: "PEM private key of the client certificate"},
		{Names: []string{"keyPassword"}, Type: "secret", From: auth, Doc: "passphrase of the private key, if it is encrypted"},
		{Names: []string{"unsafeSsl"}, Type: "bool", From: meta, Doc: "accept any server certificate"},
		{Names: []string{"queue", "queueName"}, Type: "string", From: meta, Required: true, Doc: "queue to read"},
		{Names: []string{"length"}, Type: "int", From: meta, Default: "5", Above: "0", Doc: "messages per replica"},
		{Names: []string{"mode"}, Type: "string", From: meta, Default: "ready", Enum: []string{"ready", "unacked", "all"}, Doc: "messages that count"},
	}
	driver := brokerDriver("broker")
	require.Equal(t, want, driver.Params())
	driver.Params()[0] = scalerkit.Param{}
	require.Equal(t, want, driver.Params())

	var types []string
	for _, p := range scalerkit.NewDriver("x", func(variety, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }).Params() {
		types = append(types, p.Type)
	}
	require.Equal(t, []string{"string", "string", "bool", "int", "int", "int", "float", "duration", "list", "list", "map", "query", "secret", "int"}, types)
}
