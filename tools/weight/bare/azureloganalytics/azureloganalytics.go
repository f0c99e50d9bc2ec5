// Package azureloganalytics runs a query with the HTTP client alone, by an application
// or by workload identity.
package azureloganalytics

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	query, err := json.Marshal(map[string]string{"query": "print 1"})
	if err != nil {
		return nil, err
	}
	body, err := azureapi.Application{Tenant: args[1], Client: args[2], Secret: args[3]}.Ask(ctx, args[0], "/v1/workspaces/w/query", query)
	if err != nil {
		return nil, err
	}
	var answer struct{ Tables []struct{ Rows [][]any } }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Tables) != 1 {
		return nil, fmt.Errorf("%d tables", len(answer.Tables))
	}
	return answer.Tables[0].Rows, nil
}
