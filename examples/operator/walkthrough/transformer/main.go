// Command transformer reverses each message of one queue and puts it into
// another. The environment variables INBOUND_CONNECTION and OUTBOUND_CONNECTION
// say where they are; see package queue.
//
// On SIGTERM it finishes what it is working on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/scalerkit/scalerkit/examples/operator/walkthrough/queue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "transformer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("transformer", flag.ContinueOnError)
	from := flags.String("from", "inbound", "`name` of the queue with what to do")
	to := flags.String("to", "outbound", "`name` of the queue for what is done")
	work := flags.Duration("work", time.Second, "how long each message is worked on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	in, err := queue.OpenReceiver(getenv("INBOUND_CONNECTION"), *from)
	if err != nil {
		return fmt.Errorf("INBOUND_CONNECTION: %w", err)
	}
	defer in.Close()
	result, err := queue.OpenSender(getenv("OUTBOUND_CONNECTION"), *to)
	if err != nil {
		return fmt.Errorf("OUTBOUND_CONNECTION: %w", err)
	}
	defer result.Close()
	return transform(ctx, in, result, *work, out)
}

// transform works until ctx ends, or until it cannot go on.
func transform(ctx context.Context, in queue.Receiver, result queue.Sender, work time.Duration, out io.Writer) error {
	for {
		message, err := in.Receive(ctx)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		time.Sleep(work)
		text := reverse(message.Text)
		if err := finish(context.WithoutCancel(ctx), message, result, text); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s -> %s\n", message.Text, text)
	}
}

// finish gives the message back if the result finds no place.
func finish(ctx context.Context, message queue.Message, result queue.Sender, text string) error {
	if err := result.Send(ctx, text); err != nil {
		return errors.Join(err, message.GiveBack(ctx))
	}
	return message.Done(ctx)
}

// reverse returns text from its end to its beginning.
func reverse(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}
