// Quickstart shows scalerkit at work, in one process and with nothing to
// install:
//
//	go run ./examples/quickstart
//
// or with the queues of a real broker, which it makes for itself and deletes in
// the end (-help lists all flags):
//
//	go run ./examples/quickstart -redis host:port
//	go run ./examples/quickstart -rabbitmq amqp://user:password@host:port/vhost
//	go run ./examples/quickstart -kafka host:port,host:port
//	SERVICEBUS_CONNECTION=… go run ./examples/quickstart -servicebus env
//
// A publisher fills a queue in bursts, workers take their time to turn each
// message around and put it into a second queue, and the library starts and
// stops the workers: from none to as many as a burst calls for, and back to
// none. A verifier holds what comes out against what went in.
//
// scale.go has all that it takes to scale by a queue. The rest is what is
// scaled, and the show.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/x/term"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

func main() {
	// What the Redis client has to say is in the errors that it returns.
	redis.SetLogger(&logging.VoidLogger{})

	// Ctrl-C ends the show, and so does "| head" when it has seen enough.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	context.AfterFunc(ctx, func() {
		signal.Ignore(syscall.SIGPIPE)
		stop() // a second Ctrl-C does not wait
	})
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, isTerminal())
	stop()
	os.Exit(code)
}

func isTerminal() bool {
	return term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, terminal bool) int {
	cfg, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage())
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 2
	}
	b, err := open(ctx, cfg)
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 1
	}

	s := newShow(cfg, b)
	var v view = &plainView{out: stdout}
	if terminal {
		v = newScreen(s.snapshot)
	}
	fmt.Fprintln(stdout, s.title())
	err = s.perform(ctx, v)
	if closing := b.Close(); err == nil && closing != nil {
		err = fmt.Errorf("delete the queues: %w", closing)
	}
	sum := s.summary()
	fmt.Fprint(stdout, sum)
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 1
	}
	if !sum.sound() {
		return 1
	}
	return 0
}
