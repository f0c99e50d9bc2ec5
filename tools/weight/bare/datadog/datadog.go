// Package datadog asks a query, or for a metric of an agent, with the HTTP client
// alone.
package datadog

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0]+"/api/v1/query?from=0&to=1&query=sum:orders", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("DD-API-KEY", args[1])
	request.Header.Set("DD-APPLICATION-KEY", args[1])
	body, err := saas.Do(request, args[2], args[3])
	if err != nil {
		return nil, err
	}
	if args[4] != "" {
		return gjson.GetBytes(body, "items.0.value").Float(), nil
	}
	var answer struct {
		Series []struct{ Pointlist [][]float64 }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	return answer.Series[0].Pointlist[0][1], nil
}
