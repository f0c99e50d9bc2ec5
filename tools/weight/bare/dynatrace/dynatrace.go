// Package dynatrace reads a metric by its selector, or the result of a query that is
// done at once, with the HTTP client alone.
package dynatrace

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	method, path, scheme := http.MethodGet, "/api/v2/metrics/query?metricSelector=x&from=now-2h", "Api-Token "
	query := args[4]
	if query != "" {
		method, path, scheme = http.MethodPost, "/platform/storage/query/v1/query:execute", "Bearer "
	}
	request, err := http.NewRequestWithContext(ctx, method, args[0]+path, strings.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", scheme+args[1])
	body, err := saas.Do(request, args[2], args[3])
	if err != nil {
		return nil, err
	}
	if query != "" {
		return gjson.GetBytes(body, "result.records.0.r").Float(), nil
	}
	var answer struct {
		Result []struct {
			Data []struct{ Values []float64 }
		}
	}
	err = json.Unmarshal(body, &answer)
	return answer.Result[0].Data[0].Values[0], err
}
