package awsdynamodb_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awsdynamodb"
)

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

var (
	berlin = values{"awsRegion": "eu-west-1", "tableName": "orders", "targetValue": "5",
		"keyConditionExpression": "shop = :k", "expressionAttributeValues": `{":k": {"S": "berlin"}}`}
	accessKey = values{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey}
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := awsdynamodb.Driver().Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a query with defaults": {
			scalerkit.Spec{Metadata: berlin, Auth: scalerkit.Secrets(accessKey)},
			scalerkit.Metric{Name: "aws-dynamodb-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}},
		},
		"a query with everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Identity: scalerkit.Identity{Provider: "aws", RoleARN: "r"}, Metadata: berlin.with(values{
				"tableName": "eu.orders", "indexName": "i", "filterExpression": "#a = :k", "expressionAttributeNames": `{"#a": "a"}`,
				"targetValue": "7", "activationTargetValue": "3", "awsEndpoint": "http://localhost:8000"})},
			scalerkit.Metric{Name: "aws-dynamodb-eu-orders", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := open(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	say := func(key, problem string) string { return `aws-dynamodb trigger "t": ` + key + ": " + problem }
	noNames := say("expressionAttributeNames", `is not a JSON object of texts, such as {"#state": "state"}`)
	wrong := func(problem string) string { return say("expressionAttributeValues", problem) }
	noValues := wrong(`is not a JSON object of values, such as {":state": {"S": "open"}}`)

	for name, c := range map[string]struct{ key, value, want string }{
		"no table":         {"tableName", "", say("tableName", "is missing: set it in the metadata")},
		"no condition":     {"keyConditionExpression", "", say("keyConditionExpression", "is missing: set it in the metadata")},
		"a target of zero": {"targetValue", "0", say("targetValue", `"0" is less than 1`)},
		"KEDA's no target": {"targetValue", "-1", say("targetValue", `"-1" is less than 1`)},
		"names, no JSON":   {"expressionAttributeNames", "x", noNames},
		"names, a list":    {"expressionAttributeNames", "[]", noNames},
		"names, a number":  {"expressionAttributeNames", `{"#a": 1}`, noNames},
		"names, null":      {"expressionAttributeNames", "null", noNames},
		"values, no JSON":  {"expressionAttributeValues", "x", noValues},
		"values, none":     {"expressionAttributeValues", "{}", noValues},
		"values, null":     {"expressionAttributeValues", "null", noValues},
		"a value, no type": {"expressionAttributeValues", `{":k": "x"}`, wrong(`:k: is not an object with a type and a value, such as {"S": "open"}`)},
		"a value, two":     {"expressionAttributeValues", `{":k": {"S": "a", "N": "1"}}`, wrong(`:k: is not an object with a type and a value, such as {"S": "open"}`)},
		"an unknown type":  {"expressionAttributeValues", `{":k": {"s": "a"}}`, wrong(":k: s: is not one of the types S, N, B, BOOL, NULL, SS, NS, BS, L, M")},
		"S, a number":      {"expressionAttributeValues", `{":k": {"S": 1}}`, wrong(":k: S: is not a text")},
		"S, null":          {"expressionAttributeValues", `{":k": {"S": null}}`, wrong(":k: S: is not a text")},
		"N, a number":      {"expressionAttributeValues", `{":k": {"N": 1}}`, wrong(`:k: N: is not a number in quotation marks, such as "5"`)},
		"B, no base64":     {"expressionAttributeValues", `{":k": {"B": "!"}}`, wrong(":k: B: is not a text in base64")},
		"BOOL, a text":     {"expressionAttributeValues", `{":k": {"BOOL": "true"}}`, wrong(":k: BOOL: is not true or false")},
		"SS, a text":       {"expressionAttributeValues", `{":k": {"SS": "a"}}`, wrong(":k: SS: is not a list of texts")},
		"NS, numbers":      {"expressionAttributeValues", `{":k": {"NS": [1]}}`, wrong(":k: NS: is not a list of numbers in quotation marks")},
		"BS, no base64":    {"expressionAttributeValues", `{":k": {"BS": ["!"]}}`, wrong(":k: BS: is not a list of texts in base64")},
		"L, a text":        {"expressionAttributeValues", `{":k": {"L": "a"}}`, wrong(":k: L: is not a list of values")},
		"L, a wrong value": {"expressionAttributeValues", `{":k": {"L": [{"S": "a"}, {"S": 1}]}}`, wrong(":k: L: element 1: S: is not a text")},
		"M, a list":        {"expressionAttributeValues", `{":k": {"M": []}}`, wrong(":k: M: is not an object of values")},
		"M, a wrong value": {"expressionAttributeValues", `{":k": {"M": {"x": {"BOOL": 1}}}}`, wrong(":k: M: x: BOOL: is not true or false")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, scalerkit.Spec{Name: "t", Metadata: berlin.with(values{c.key: c.value}), Auth: scalerkit.Secrets(accessKey)})
			require.EqualError(t, err, c.want)
		})
	}
}
