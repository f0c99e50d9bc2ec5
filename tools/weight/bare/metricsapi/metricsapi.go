// Package metricsapi reads a number in what an HTTP endpoint answers, as JSON,
// YAML or XML, with the HTTP client and these formats' libraries alone.
package metricsapi

import (
	"context"
	"encoding/xml"

	"github.com/tidwall/gjson"
	"go.yaml.in/yaml/v3"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, args[0], args[1], args[2], args[3])
	if err != nil {
		return nil, err
	}
	format, location := args[4], args[5]
	switch format {
	case "yaml":
		var values map[string]any
		err := yaml.Unmarshal(body, &values)
		return values[location], err
	case "xml":
		var value struct {
			Text string `xml:",chardata"`
		}
		err := xml.Unmarshal(body, &value)
		return value.Text, err
	}
	return gjson.GetBytes(body, location).Float(), nil
}
