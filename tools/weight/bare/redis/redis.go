// Package redis reads the length of a list with the client library alone.
package redis

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

// Read is for program.Main.
func Read(ctx context.Context, args []string) (any, error) {
	client := redis.NewClient(&redis.Options{Addr: args[0], Password: args[1]})
	return client.LLen(ctx, program.Name).Result()
}
