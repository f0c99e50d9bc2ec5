// Package influxdb runs a query in InfluxQL with the HTTP client alone.
package influxdb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0]+"/query?db=weight&q=SELECT+level+FROM+weight", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+args[1])
	body, err := saas.Do(request, args[2], args[3])
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			Series []struct{ Values [][]any }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Results) != 1 || len(answer.Results[0].Series) != 1 {
		return nil, fmt.Errorf("%d results", len(answer.Results))
	}
	return answer.Results[0].Series[0].Values[0][0], nil
}
