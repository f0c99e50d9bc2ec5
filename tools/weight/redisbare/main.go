// Redisbare reads the length of a list with the client library alone.
package main

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit/tools/weight/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string) error {
	client := redis.NewClient(&redis.Options{Addr: args[0], Password: args[1]})
	defer client.Close()
	return program.Weigh(client.LLen(ctx, program.Name).Result())
}
