// Package newrelic asks a query of NerdGraph with the HTTP client alone.
package newrelic

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	const query = `{"query":"{actor{account(id:1){nrql(query:\"SELECT count(*) FROM Transaction\"){results}}}}"}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/graphql", strings.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Api-Key", args[1])
	request.Header.Set("Content-Type", "application/json")
	body, err := saas.Do(request, args[2], args[3])
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Actor struct {
				Account struct {
					NRQL struct{ Results []map[string]float64 }
				}
			}
		}
	}
	err = json.Unmarshal(body, &answer)
	return answer.Data.Actor.Account.NRQL.Results[0]["count"], err
}
