package driver_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

type tagged struct {
	Names  []string          `scaler:"names" sep:";"`
	Labels map[string]string `scaler:"labels" sep:";"`
	Length int64             `scaler:"length,target" min:"1"`
	All    map[string]string `scaler:"*" doc:"for others"`
	Owner  scalerkit.Key
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

func TestAllKeysGoWhereTheyAreAskedFor(t *testing.T) {
	spec := scalerkit.Spec{
		Type: "x", Owner: scalerkit.Key{Namespace: "shop", Name: "orders"},
		Metadata: values{"length": "1", "names": "a", "host": "h ", "tokenFromEnv": "TOKEN", "userFromEnv": "USER", "groupFromEnv": "GROUP"},
		Env:      scalerkit.Secrets(values{"TOKEN": "hunter2", "GROUP": ""}),
	}
	require.EqualError(t, driver.Decode(spec, new(tagged)), `x trigger: userFromEnv: environment variable "USER" is not set`)
	c, warned, err := decodeLeniently[tagged](spec)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"length": "1", "names": "a", "host": "h ", "tokenFromEnv": "hunter2"}, c.All)
	require.Equal(t, spec.Owner, c.Owner)
	require.Len(t, warned, 1)
	params := newDriver("x", func(tagged, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }).Params()
	require.Len(t, params, 4)
	require.Equal(t, scalerkit.Param{Names: []string{"*"}, Type: "string", From: []string{driver.FromMetadata, driver.FromEnv}, Doc: "for others"}, params[3])
}

type door struct {
	Mode  string           `scaler:"mode" from:"metadata,auth" agree:"true" enum:"open|locked" refused:"walled"`
	Label string           `scaler:"label" from:"metadata,auth"`
	Key   scalerkit.Secret `scaler:"key" from:"auth"`

	_ struct{} `scaler:"keyhole|keypad" doc:"is for locks, which are not supported"`
	_ struct{} `scaler:"width|widthFromEnv" gone:"true" doc:"is gone: doors are as wide as they are"`
}

func TestWhereAWrongGuessDoesHarmValuesHaveToAgree(t *testing.T) {
	spec := scalerkit.Spec{
		Type: "x", Metadata: values{"mode": "open", "label": "a"},
		Auth: scalerkit.Secrets(values{"mode": "locked", "label": "b"}),
	}
	_, warned, err := decodeLeniently[door](spec)
	require.EqualError(t, err, "x trigger: mode: is given with another value in the metadata already: keep one of the two")
	require.Equal(t, []scalerkit.ConfigError{{Type: "x", Key: "label", Problem: "is given with another value in the metadata already: keep one of the two"}}, warned)

	spec.Metadata["mode"] = "locked"
	c, _, err := decodeLeniently[door](spec)
	require.NoError(t, err)
	require.Equal(t, door{Mode: "locked", Label: "a"}, c)
}

func TestWhatIsNotSupportedIsNotCalledUnknown(t *testing.T) {
	require.EqualError(t, driver.Decode(scalerkit.Spec{Type: "x", Metadata: values{"mode": "walled", "keypad": "x"}, Auth: scalerkit.Secrets(values{"keyhole": "x"})}, new(door)),
		`x trigger: mode: "walled" is not supported: use one of open, locked`+"\n"+
			`x trigger: keypad: is for locks, which are not supported`+"\n"+
			`x trigger: keyhole: is for locks, which are not supported`)
	require.EqualError(t, driver.Check("x", &door{Mode: "walled"}), "x trigger: Mode: is not supported: use one of open, locked")
	require.EqualError(t, driver.Decode(scalerkit.Spec{Type: "x", Metadata: values{"mode": "x"}}, new(door)), `x trigger: mode: "x" is not one of open, locked`)
}

func TestWhatIsGoneIsNeverTolerated(t *testing.T) {
	_, warned, err := decodeLeniently[door](scalerkit.Spec{Type: "x", Metadata: values{"keypad": "x", "width": "2", "widthFromEnv": "W"}})
	require.EqualError(t, err, "x trigger: width: is gone: doors are as wide as they are\nx trigger: widthFromEnv: is gone: doors are as wide as they are")
	require.Equal(t, []scalerkit.ConfigError{{Type: "x", Key: "keypad", Problem: "is for locks, which are not supported"}}, warned)
}

// A guarded has something to say of its Identity and of the program.
type guarded struct {
	Gate struct {
		Identity scalerkit.Identity
		Host     string `scaler:"host"`
	}
}

func (g *guarded) Parse(p *driver.Problems) {
	if g.Gate.Identity.IsSet() {
		p.Add(&g.Gate.Identity, "%q is a stranger", g.Gate.Identity.Provider)
	}
	if !slices.Contains(p.Options().IdentityEndpoints, g.Gate.Host) {
		p.Add(&g.Gate.Host, "is not listed, nor needed by %s", p.Name(&g.Gate.Identity))
	}
}

func TestParseMayGoByTheIdentityAndTheOptions(t *testing.T) {
	trigger := driver.Type[guarded]{Name: "x", Open: func(*guarded, scalerkit.Options) (scalerkit.Scaler, error) { return new(level), nil }}
	spec := scalerkit.Spec{Metadata: values{"host": "h"}, Identity: scalerkit.Identity{Provider: "gcp"}}
	_, err := trigger.Driver().Open(spec, scalerkit.Options{})
	require.EqualError(t, err, `x trigger: podIdentity: "gcp" is a stranger`+"\n"+`x trigger: host: is not listed, nor needed by podIdentity`)
	_, err = trigger.Driver().Open(spec, scalerkit.Options{IdentityEndpoints: []string{"h"}})
	require.EqualError(t, err, `x trigger: podIdentity: "gcp" is a stranger`)

	var typed guarded
	typed.Gate.Identity.Provider = "gcp"
	_, err = trigger.New(typed, scalerkit.Options{IdentityEndpoints: []string{""}})
	require.EqualError(t, err, `x trigger: Gate.Identity: "gcp" is a stranger`)
}
