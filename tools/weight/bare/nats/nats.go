// Package nats reads what a consumer has still to do with the HTTP client alone.
package nats

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scalerkit/scalerkit/tools/weight/bare/web"
	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	body, err := web.Get(ctx, "http://"+args[0]+"/jsz?acc=$G&consumers=true", noUser, noPassword, noTokens)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Accounts []struct {
			Streams []struct {
				Name      string `json:"name"`
				Consumers []struct {
					Pending    int `json:"num_pending"`
					AckPending int `json:"num_ack_pending"`
				} `json:"consumer_detail"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	for _, account := range answer.Accounts {
		for _, stream := range account.Streams {
			if stream.Name == program.Name && len(stream.Consumers) == 1 {
				return stream.Consumers[0].Pending + stream.Consumers[0].AckPending, nil
			}
		}
	}
	return nil, fmt.Errorf("no consumer in %s", body)
}

// What the endpoint does not ask for.
const noUser, noPassword, noTokens = "", "", ""
