// Replay plays a recorded load against ScaledObjects, and tells for each what would
// have come of it: with KEDA, and with this library. Nothing is installed, and no
// source is asked, but a Prometheus if there is to be one.
//
//	go run ./examples/replay
//	go run ./examples/replay -policy scaledobject.yaml -load series.csv
//	go run ./examples/replay -policy scaledobject.yaml -policy other.yaml -load series.csv -rate 2.5
//	go run ./examples/replay -policy scaledobject.yaml -load /var/lib/rounds -html report.html
//	go run ./examples/replay -policy scaledobject.yaml -prometheus http://localhost:9090 -since 7d
//
// Replay tune finds the values of a ScaledObject that meet an objective:
//
//	go run ./examples/replay tune -policy scaledobject.yaml -load series.csv -p95 30s
//
// With -live it says what a policy would do now, beside who scales a workload in a
// cluster:
//
//	go run ./examples/replay -live -policy scaledobject.yaml -for 1h
//
// Without -policy and -load it plays an example of its own, and without any flag it
// makes a page of that. -help lists all flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/scalerkit/scalerkit/examples/replay/internal/progress"
	"github.com/scalerkit/scalerkit/internal/joined"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "tune" {
		return runTune(args[1:], stdout, stderr)
	}
	if isLive(args) {
		return runLive(args, realClock, stdout, stderr)
	}
	cfg, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage())
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "replay:", err)
		return 2
	}
	cfg.progress = progress.New(stderr)
	report, err := replay(context.Background(), cfg)
	if err == nil {
		err = writeAs(stdout, report, cfg.format())
	}
	if err == nil {
		err = report.save(cfg, stderr)
	}
	return exit(err, stderr)
}

// exit tells of the problems in err, and returns the exit code.
func exit(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	for _, problem := range joined.Each("", err) {
		fmt.Fprintln(stderr, "replay:", problem)
	}
	return 1
}

// replay does what cfg asks for.
func replay(ctx context.Context, cfg config) (*report, error) {
	policies, err := readPolicies(cfg) //nolint:contextcheck // a trigger that is opened asks nobody
	if err != nil && cfg.prometheus.asked() {
		return nil, err // they say whom to ask about
	}
	load, loadErr := readLoad(ctx, &cfg, policies)
	if err = errors.Join(err, loadErr); err != nil {
		return nil, err
	}
	return play(cfg, policies, load)
}
