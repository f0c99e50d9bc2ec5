// Redisbare reads the length of a list with the client library alone.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address, password string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: address, Password: password})
	defer client.Close()
	length, err := client.LLen(ctx, "weight").Result()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, length)
	_, err = io.Copy(io.Discard, os.Stdin) // until it has been weighed
	return err
}
