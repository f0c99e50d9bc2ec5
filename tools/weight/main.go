// Weight measures what a source costs the program that imports it, beside a
// program that does the same with nothing but the client library.
//
//	make weight
//	make weight SOURCES="redis kafka"
//
// A source is an entry in sources, and a package in bare that reads with its
// client. From them two programs are generated and built, which, given the same
// arguments, take one reading, print it, and wait for the end of their input; see
// package program. What the linker leaves out depends on what a program offers. So
// a bare one offers the choices that ours has, none of which is used here: TLS, a
// role to assume, a token for OAUTHBEARER.
//
// The table has, of each, how many modules are linked (with the program's own),
// the size of the stripped binary in MB, and the resident memory after the
// reading in MiB. What is over its goal stands in the last column. The exit code
// is 1 if there is any such, or something could not be weighed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "weight:", err)
		stop()
		os.Exit(1)
	}
}

// run prints a table of the sources with these names, or of all. Its error says
// what could not be weighed, or is too heavy.
func run(ctx context.Context, names []string, out io.Writer) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "scalerkit-weight-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "source\tmodules\tbare\tMB stripped\tbare\tratio\tMiB resident\tbare\tratio\tover its goal\t")
	var problems []error
	for _, s := range chosen {
		ours, bare, err := s.weigh(ctx, dir)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		over := ours.over(s.goal(bare))
		if over != nil {
			problems = append(problems, fmt.Errorf("%s is heavier than its goal", s.name))
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%.1f\t%.1f\t%.2f\t%.1f\t%.1f\t%.2f\t%s\t\n", s.name, int(ours.modules), int(bare.modules),
			ours.size, bare.size, ours.size/bare.size,
			ours.resident, bare.resident, ours.resident/bare.resident, strings.Join(over, ", "))
	}
	return errors.Join(append(problems, table.Flush())...)
}

// choose returns the sources with these names, or all if there are no names.
func choose(names []string) ([]source, error) {
	if len(names) == 0 {
		return sources, nil
	}
	var chosen []source
	for _, name := range names {
		i := slices.IndexFunc(sources, func(s source) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no source %q", name)
		}
		chosen = append(chosen, sources[i])
	}
	return chosen, nil
}

// weigh weighs both programs of a source.
func (s source) weigh(ctx context.Context, dir string) (ours, bare weight, err error) {
	address, ok := s.address()
	if !ok {
		return ours, bare, fmt.Errorf("%s is not set: run make weight", s.server)
	}
	args := s.args(address)
	if s.prepare != nil {
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if err := s.prepare(limited, args); err != nil {
			return ours, bare, fmt.Errorf("prepare: %w", err)
		}
	}
	if ours, err = s.weighKind(ctx, dir, "ours", args); err != nil {
		return ours, bare, err
	}
	bare, err = s.weighKind(ctx, dir, "bare", args)
	return ours, bare, err
}
