// Package seleniumgrid counts waiting requests with the HTTP client alone.
package seleniumgrid

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	const query = `{"query":"{ sessionsInfo { sessionQueueRequests } }"}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/grid/graphql", strings.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(args[1], args[2])
	request.Header.Set("Content-Type", "application/json")
	body, err := saas.Do(request, args[3], args[4])
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			SessionsInfo struct{ SessionQueueRequests []string }
		}
	}
	err = json.Unmarshal(body, &answer)
	return len(answer.Data.SessionsInfo.SessionQueueRequests), err
}
