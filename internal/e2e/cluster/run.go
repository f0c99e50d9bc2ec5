package cluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Run starts a cluster for the tests of a package, runs them, and stops it. It
// returns the exit code for TestMain, and the tests find the cluster in *into.
// The cluster is stopped also when the tests are interrupted.
func Run(tests interface{ Run() int }, o Options, into **Cluster) int {
	endWithParent()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := Start(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*into = c
	done := make(chan int, 1)
	go func() { done <- tests.Run() }()
	code := 1
	select {
	case code = <-done:
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "interrupted")
	}
	if err := c.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
