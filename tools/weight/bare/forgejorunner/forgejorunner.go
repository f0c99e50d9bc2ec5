// Package forgejorunner counts the jobs that wait with the HTTP client alone.
package forgejorunner

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0]+"/api/v1/admin/runners/jobs?labels=docker", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "token "+args[1])
	body, err := saas.Do(request, args[2], args[3])
	if err != nil {
		return nil, err
	}
	var jobs []struct{ ID int64 }
	err = json.Unmarshal(body, &jobs)
	return len(jobs), err
}
