package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

type tagged struct {
	Names  []string          `scaler:"names" sep:";"`
	Labels map[string]string `scaler:"labels" sep:";"`
	Length int64             `scaler:"length,target" min:"1"`
	Rest   map[string]string `scaler:"*"`
}

func TestListsAndMapsHaveASeparatorOfTheirOwn(t *testing.T) {
	var c tagged
	require.NoError(t, driver.Decode(scalerkit.Spec{Metadata: values{"length": "1", "names": " a, b ;c; ", "labels": "k=v,w;l=x"}}, &c))
	require.Equal(t, []string{"a, b", "c"}, c.Names)
	require.Equal(t, map[string]string{"k": "v,w", "l": "x"}, c.Labels)
	require.EqualError(t, driver.Decode(scalerkit.Spec{Metadata: values{"length": "1", "labels": "k"}}, &c),
		`trigger: labels: is not a list of pairs such as "a=1;b=2"`)
}

func TestTheTargetMayBeMissingWhereAFormulaReplacesIt(t *testing.T) {
	require.EqualError(t, driver.Decode(scalerkit.Spec{}, new(tagged)), "trigger: length: is missing: set it in the metadata")
	var c tagged
	require.NoError(t, driver.Decode(scalerkit.Spec{NoTarget: true}, &c))
	require.Zero(t, c.Length)
	require.EqualError(t, driver.Decode(scalerkit.Spec{NoTarget: true, Metadata: values{"length": "0"}}, &c), `trigger: length: "0" is less than 1`)
}

func TestAllOtherKeysGoWhereTheyAreAskedFor(t *testing.T) {
	spec := scalerkit.Spec{
		Type: "x", Metadata: values{"length": "1", "names": "a", "host": "h ", "tokenFromEnv": "TOKEN", "userFromEnv": "USER"},
		Env: scalerkit.Secrets(values{"TOKEN": "hunter2"}),
	}
	require.EqualError(t, driver.Decode(spec, new(tagged)), `x trigger: userFromEnv: environment variable "USER" is not set`)
	c, warned, err := decodeLeniently[tagged](spec)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"host": "h ", "token": "hunter2"}, c.Rest)
	require.Len(t, warned, 1)
	require.Len(t, newDriver("x", func(tagged, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }).Params(), 3)
}
