// Package nsq reads the depth of a channel with the HTTP client alone.
package nsq

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	var found struct {
		Producers []struct {
			Host string `json:"broadcast_address"`
			Port int    `json:"http_port"`
		} `json:"producers"`
	}
	if err := get(ctx, "http://"+args[0]+"/lookup?topic="+program.Name, &found); err != nil {
		return nil, err
	}
	depth := 0
	for _, p := range found.Producers {
		var stats struct {
			Topics []struct {
				Channels []struct {
					Depth int `json:"depth"`
				} `json:"channels"`
			} `json:"topics"`
		}
		url := fmt.Sprintf("http://%s:%d/stats?format=json&include_clients=false&include_mem=false&topic=%[3]s&channel=%[3]s", p.Host, p.Port, program.Name)
		if err := get(ctx, url, &stats); err != nil {
			return nil, err
		}
		depth += stats.Topics[0].Channels[0].Depth
	}
	return depth, nil
}

func get(ctx context.Context, url string, into any) error {
	body, err := web.Get(ctx, url, noUser, noPassword, noTokens)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// What nobody asks for.
const noUser, noPassword, noTokens = "", "", ""
