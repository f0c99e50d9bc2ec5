// Package elasticsearch counts documents with the HTTP client alone.
package elasticsearch

import (
	"context"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/scalerkit/scalerkit/tools/weight/bare/saas"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0]+"/weight/_search", strings.NewReader(`{"size":0}`))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(args[1], args[2])
	request.Header.Set("Content-Type", "application/json")
	body, err := saas.Do(request, args[3], args[4])
	return gjson.GetBytes(body, "hits.total.value").Float(), err
}
