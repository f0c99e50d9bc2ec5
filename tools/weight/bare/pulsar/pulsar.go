// Package pulsar reads the backlog of a subscription with the HTTP client alone.
package pulsar

import (
	"context"
	"encoding/json"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, args[0]+"/admin/v2/persistent/public/default/orders/stats", args[1], args[2], args[3])
	if err != nil {
		return nil, err
	}
	var statistics struct {
		Subscriptions map[string]struct{ MsgBacklog float64 }
	}
	err = json.Unmarshal(body, &statistics)
	return statistics.Subscriptions["workers"].MsgBacklog, err
}
