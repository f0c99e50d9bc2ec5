package scalerkit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// A stub is a Driver that opens nothing but levels.
type stub struct {
	name    string
	aliases []string
}

func newStub(name string, aliases ...string) scalerkit.Driver { return stub{name, aliases} }

func (s stub) Name() string                                                  { return s.name }
func (s stub) Aliases() []string                                             { return s.aliases }
func (s stub) Params() []scalerkit.Param                                     { return nil }
func (s stub) CheckValues(scalerkit.Spec, func(scalerkit.ConfigError)) error { return nil }

func (s stub) Open(spec scalerkit.Spec, _ scalerkit.Options) (scalerkit.Scaler, error) {
	if len(spec.Metadata) == 0 {
		return nil, scalerkit.ConfigError{Type: spec.Type, Name: spec.Name, Problem: "says nothing"}
	}
	return &level{metric: scalerkit.Metric{Name: s.name}}, nil
}

func TestRegistriesOpenByNameAndAlias(t *testing.T) {
	registry := scalerkit.NewRegistry(newStub("rabbitmq", "amqp", "mq"), newStub("artemis"))
	for _, typ := range []string{"rabbitmq", "amqp", "mq", "artemis"} {
		s, err := registry.Open(scalerkit.Spec{Type: typ, Metadata: values{"queue": "orders"}}, scalerkit.Options{})
		require.NoError(t, err)
		d, _ := registry.Driver(typ)
		require.Equal(t, scalerkit.Metric{Name: d.Name()}, s.Metric())

		_, err = registry.Open(scalerkit.Spec{Type: typ, Name: "n"}, scalerkit.Options{})
		require.EqualError(t, err, typ+` trigger "n": says nothing`)
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

// TestTypesOfTheProgramsOwnComeFirst has one that KEDA had and dropped.
func TestTypesOfTheProgramsOwnComeFirst(t *testing.T) {
	s, err := scalerkit.NewRegistry(newStub("stan")).Open(scalerkit.Spec{Type: "stan", Metadata: values{"queue": "orders"}}, scalerkit.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestUnknownTypesAreNamedWithWhatThereIs(t *testing.T) {
	registry := scalerkit.NewRegistry(newStub("rabbitmq", "amqp"), newStub("kafka"))
	for _, c := range []struct {
		spec scalerkit.Spec
		want string
	}{
		{scalerkit.Spec{Type: "rabitmq", Name: "n"}, `trigger "n": type: "rabitmq" is not a known type; did you mean "rabbitmq"?`},
		{scalerkit.Spec{Type: "solr"}, `trigger: type: "solr" is not a known type; there are amqp, kafka, rabbitmq`},
		{scalerkit.Spec{Type: "stan", Name: "n"}, `trigger "n": type: "stan" is not supported: NATS Streaming has come to its end, and KEDA dropped the type in 2.19; ` +
			`streams of its successor, JetStream, are read by "nats-jetstream"`},
		{scalerkit.Spec{Type: "predictkube"}, `trigger: type: "predictkube" is not supported: its forecasts are a service of one maker; ` +
			`the series itself is read by "prometheus", and predict_linear in its query forecasts it`},
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
		{newStub("a"), newStub("a")},
		{newStub("a"), newStub("b", "c", "a")},
		{newStub("b", "a"), newStub("a")},
		{newStub("a", "a")},
	} {
		require.PanicsWithValue(t, `scalerkit: two drivers are named "a"`, func() { scalerkit.NewRegistry(drivers...) })
	}
}
