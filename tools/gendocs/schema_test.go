package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

type everyKind struct {
	Queue  string            `scaler:"queue,required" doc:"name"`
	Length int               `scaler:"length,target" min:"1" max:"9" doc:"target"`
	Modes  []string          `scaler:"modes" enum:"a|b" sep:";" doc:"some"`
	Labels map[string]string `scaler:"labels" doc:"pairs"`
	Key    scalerkit.Secret  `scaler:"key|token" from:"auth,env" doc:"secret"`
	Others map[string]string `scaler:"*" doc:"for the server"`
}

func TestSchemaHasEveryKindOfField(t *testing.T) {
	d := driver.Type[everyKind]{Name: "every", Aliases: []string{"each"}}.Driver()
	var got struct {
		AllOf []struct {
			If   json.RawMessage
			Then struct {
				Properties struct{ Metadata json.RawMessage }
			}
		}
	}
	require.NoError(t, json.Unmarshal(schema([]scalerkit.Driver{d}), &got))
	require.JSONEq(t, `{"properties": {"type": {"enum": ["every", "each"]}}}`, string(got.AllOf[0].If))
	require.JSONEq(t, `{
		"type": "object",
		"required": ["queue"],
		"properties": {
			"queue":        {"type": "string", "description": "name"},
			"length":       {"type": "string", "description": "int: target; ≥ 1, ≤ 9", "pattern": "^\\s*[+-]?[0-9]+\\s*$"},
			"modes":        {"type": "string", "description": "list: some; of a, b; with `+"`;`"+` between them"},
			"labels":       {"type": "string", "description": "map: pairs"},
			"keyFromEnv":   {"type": "string", "description": "environment variable that has key"},
			"tokenFromEnv": {"type": "string", "description": "environment variable that has token"}
		},
		"additionalProperties": {"type": "string", "description": "for the server"}
	}`, string(got.AllOf[0].Then.Properties.Metadata))
}
