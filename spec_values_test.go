package scalerkit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit"
)

func everything() scalerkit.Spec {
	return scalerkit.Spec{
		Type: "redis", Name: "orders", MetricType: scalerkit.Total,
		Metadata: values{"address": "redis://:" + sentinel + "@redis:6379", "passwordFromEnv": "PASSWORD"},
		Auth:     scalerkit.Secrets(values{"token": sentinel}),
		Env:      scalerkit.Secrets(values{"PASSWORD": sentinel}),
		Identity: scalerkit.Identity{Provider: "aws", RoleARN: "arn:aws:iam::1:role/r"},
		Owner:    scalerkit.Key{Namespace: "shop", Name: "packer"},
	}
}

func TestASpecPrintsItsKeysAndNoValue(t *testing.T) {
	const want = `redis trigger "orders" with address, passwordFromEnv; token in the authentication`
	spec := everything()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, want, fmt.Sprintf(verb, spec), verb)
		require.NotContains(t, fmt.Sprintf(verb, struct{ Trigger *scalerkit.Spec }{&spec}), sentinel, verb)
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var log bytes.Buffer
		slog.New(handler(&log)).Info("opened", "trigger", spec)
		require.Contains(t, log.String(), "passwordFromEnv", name)
		require.NotContains(t, log.String(), sentinel, name)
	}
	require.Equal(t, "trigger", scalerkit.Spec{}.String())
}

func TestASpecIsReadFromYAMLAndJSON(t *testing.T) {
	const text = `
type: redis
name: orders
metricType: Value
metadata: {address: "redis://:hunter2@redis:6379", passwordFromEnv: PASSWORD}
auth: {token: hunter2}
env: {PASSWORD: hunter2}
identity: {provider: aws, roleARN: "arn:aws:iam::1:role/r"}
owner: {namespace: shop, name: packer}
`
	var fromYAML, fromJSON scalerkit.Spec
	require.NoError(t, yaml.Unmarshal([]byte(text), &fromYAML))
	require.Equal(t, everything(), fromYAML)

	var plain map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &plain))
	asJSON, err := json.Marshal(plain)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(asJSON, &fromJSON))
	require.Equal(t, everything(), fromJSON)
}

func TestWhatASpecMarshalsToHasNoSecretAndIsNotReadBack(t *testing.T) {
	spec := everything()
	spec.Metadata = values{"listName": "orders"}
	for name, c := range map[string]struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
	}{
		"json": {json.Marshal, json.Unmarshal},
		"yaml": {yaml.Marshal, yaml.Unmarshal},
	} {
		text, err := c.marshal(spec)
		require.NoError(t, err, name)
		require.Contains(t, string(text), "orders", name)
		require.NotContains(t, string(text), sentinel, name)
		err = c.unmarshal(text, new(scalerkit.Spec))
		require.ErrorContains(t, err, "the secret is missing: [redacted] stands in its place since it was printed", name)

		bare := scalerkit.Spec{Type: "redis", Metadata: values{"listName": "orders"}}
		text, err = c.marshal(bare)
		require.NoError(t, err, name)
		var back scalerkit.Spec
		require.NoError(t, c.unmarshal(text, &back), name)
		require.Equal(t, "redis", back.Type, name)
		require.Equal(t, map[string]string{"listName": "orders"}, back.Metadata, name)
	}
}

func TestASpecNamesTheVariablesThatItRefersTo(t *testing.T) {
	spec := scalerkit.Spec{Metadata: values{"hostFromEnv": " HOST ", "userFromEnv": "USER", "passwordFromEnv": "HOST", "queue": "QUEUE", "keyFromEnv": " "}}
	require.Equal(t, []string{"HOST", "USER"}, spec.Variables())
}

func TestKeysAreWrittenAsKubernetesDoes(t *testing.T) {
	require.Equal(t, "shop/packer", scalerkit.Key{Namespace: "shop", Name: "packer"}.String())
	require.Equal(t, "packer", scalerkit.Key{Name: "packer"}.String())
}

func TestActivityGoesByTheActivationUnlessTheSourceKnowsBetter(t *testing.T) {
	m := scalerkit.Metric{Activation: 5}
	for want, readings := range map[bool][]scalerkit.Reading{
		true:  {{Value: 5.1}, {Value: 0, Activity: scalerkit.Active}},
		false: {{Value: 5}, {}, {Value: 50, Activity: scalerkit.Inactive}},
	} {
		for _, r := range readings {
			require.Equal(t, want, r.IsActive(m), "%+v", r)
		}
	}
	require.True(t, scalerkit.Reading{Value: 50}.IsActive(scalerkit.Metric{}))
}
