// Package azureappinsights reads a metric with the HTTP client alone, by an application
// or by workload identity.
package azureappinsights

import (
	"context"
	"encoding/json"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	path := "/v1/apps/a/metrics/requests/count?aggregation=sum&timespan=PT5M"
	body, err := azureapi.Application{Tenant: args[1], Client: args[2], Secret: args[3]}.Ask(ctx, args[0], path, nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Value map[string]struct{ Sum *float64 }
	}
	err = json.Unmarshal(body, &answer)
	return answer.Value["requests/count"].Sum, err
}
