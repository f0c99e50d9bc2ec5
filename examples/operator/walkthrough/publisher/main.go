// Command publisher puts messages into a queue. The environment variable
// INBOUND_CONNECTION says where that is; see package queue.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/scalerkit/scalerkit/examples/operator/walkthrough/queue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "publisher:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("publisher", flag.ContinueOnError)
	name := flags.String("queue", "inbound", "`name` of the queue")
	count := flags.Int("count", 100, "how many messages to put there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sender, err := queue.OpenSender(getenv("INBOUND_CONNECTION"), *name)
	if err != nil {
		return fmt.Errorf("INBOUND_CONNECTION: %w", err)
	}
	defer sender.Close()
	for i := range *count {
		if err := sender.Send(ctx, fmt.Sprintf("message %d", i+1)); err != nil {
			return fmt.Errorf("after %d of %d messages: %w", i, *count, err)
		}
	}
	fmt.Fprintf(out, "put %d messages into %s\n", *count, *name)
	return nil
}
