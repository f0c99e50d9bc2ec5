// Package graphite reads a series with the HTTP client alone.
package graphite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, args[0]+"/render?target=weight&from=-10Minutes&format=json", args[1], args[2], args[3])
	if err != nil {
		return nil, err
	}
	var answer []struct{ Datapoints [][]*float64 }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer) != 1 || len(answer[0].Datapoints) == 0 {
		return nil, fmt.Errorf("%d series", len(answer))
	}
	return *answer[0].Datapoints[0][0], nil
}
