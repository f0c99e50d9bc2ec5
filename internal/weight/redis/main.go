// Redis reads the length of a list with scalerkit: what that weighs, package
// weight measures.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
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
	scaler, err := redis.New(redis.Config{
		Server:   redis.Server{Addresses: []string{address}, Password: scalerkit.NewSecret(password)},
		ListName: "weight",
	}, scalerkit.Options{})
	if err != nil {
		return err
	}
	defer scaler.Close()
	reading, err := scaler.Read(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, reading.Value)
	_, err = io.Copy(io.Discard, os.Stdin) // until it has been weighed
	return err
}
