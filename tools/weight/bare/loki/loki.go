// Package loki runs a query with the HTTP client alone.
package loki

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, args[0]+"/loki/api/v1/query?query=vector(1)", args[1], args[2], args[3])
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Data.Result) != 1 {
		return nil, fmt.Errorf("%d series", len(answer.Data.Result))
	}
	return answer.Data.Result[0].Value[1], nil
}
