// Command operator scales workloads by event sources, as the objects of KEDA's
// API say. See README.md. As "operator manifests" it writes such objects.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // of cron triggers, in an image that has none

	"github.com/scalerkit/scalerkit/examples/operator/internal/manifests"
	"github.com/scalerkit/scalerkit/examples/operator/internal/operator"
	"github.com/scalerkit/scalerkit/scalers/all"
)

func main() { os.Exit(run(os.Args[1:])) }

// nowhere is for triggers that are looked at and not read.
func nowhere(context.Context, string, string, int) ([]string, error) {
	return nil, errors.New("there is no cluster")
}

func run(args []string) int {
	if len(args) > 0 && args[0] == "manifests" {
		return manifests.Run(args[1:], all.RegistryWith(all.Cluster{Endpoints: nowhere}), os.Stdout, os.Stderr)
	}
	config, err := operator.Parse(args, os.Getenv, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	log := operator.NewLogger(os.Stderr, config.LogLevel)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := operator.Run(ctx, config, os.LookupEnv, log); err != nil {
		log.Error("stopped", "error", err)
		return 1
	}
	return 0
}
