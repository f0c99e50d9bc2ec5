package cluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// Run starts a cluster, calls do with it and stops it, also when this process
// is interrupted meanwhile. It returns what do does: an exit code.
func Run(o Options, do func(*Cluster) int) int {
	process.EndWithParent()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := Start(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	done := make(chan int, 1)
	go func() { done <- do(c) }()
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
