// Package azuremonitor reads a metric with the HTTP client alone, by an application or
// by workload identity.
package azuremonitor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/scalerkit/scalerkit/tools/weight/bare/azureapi"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	now := time.Now().UTC()
	query := url.Values{
		"api-version": {"2024-02-01"}, "metricnames": {program.Name}, "aggregation": {"Average"},
		"timespan": {now.Add(-5*time.Minute).Format(time.RFC3339) + "/" + now.Format(time.RFC3339)},
	}
	path := "/subscriptions/s/resourceGroups/g/providers/a/b/c/providers/Microsoft.Insights/metrics?" + query.Encode()
	body, err := azureapi.Application{Tenant: args[1], Client: args[2], Secret: args[3]}.Ask(ctx, args[0], path, nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Value []struct {
			TimeSeries []struct{ Data []struct{ Average *float64 } }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Value) != 1 {
		return nil, fmt.Errorf("%d metrics", len(answer.Value))
	}
	return answer.Value[0], nil
}
