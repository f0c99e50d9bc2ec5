// Weight measures what a source costs the program that imports it, beside a
// program that does the same with nothing but the client library.
//
//	make weight
//
// For each source there are two programs in directories below this one. Given
// the arguments in sources, a program takes one reading, prints it, and waits
// for the end of its input.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"text/tabwriter"
)

// A source is a pair of programs.
type source struct {
	name string          // of the program's directory; the bare one's has "bare" behind it
	args func() []string // of both, nil if the server is not there
	goal weight          // what ours may weigh at most
}

// sources are those that are weighed.
var sources = []source{
	{"redis", server("SCALERKIT_TEST_REDIS", "scalerkit-test"), weight{modules: 8, size: 10, resident: 14}},
}

// server returns arguments that begin with the value of a variable of testenv.
func server(variable string, more ...string) func() []string {
	return func() []string {
		value, ok := os.LookupEnv(variable)
		if !ok {
			return nil
		}
		return append([]string{value}, more...)
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "weight:", err)
		stop()
		os.Exit(1)
	}
}

// run prints a table. Its error says what could not be weighed, or is too
// heavy.
func run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "scalerkit-weight-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "source\tmodules\tMB stripped\tMiB resident\t")
	var problems []error
	for _, s := range sources {
		args := s.args()
		if args == nil {
			problems = append(problems, fmt.Errorf("%s: no server: run make weight", s.name))
			continue
		}
		ours, err := weigh(ctx, filepath.Join(dir, s.name), s.name, args)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		bare, err := weigh(ctx, filepath.Join(dir, s.name+"bare"), s.name+"bare", args)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		row(table, s.name, "%.0f\t%.1f\t%.1f", ours)
		row(table, "bare", "%.0f\t%.1f\t%.1f", bare)
		row(table, "ratio", "%.2f\t%.2f\t%.2f", ours.over(bare))
		row(table, "goal", "%.0f\t%.0f\t%.0f", s.goal)
		if ours.exceeds(s.goal) {
			problems = append(problems, fmt.Errorf("%s is heavier than its goal", s.name))
		}
	}
	return errors.Join(append(problems, table.Flush())...)
}

func row(out io.Writer, name, format string, w weight) {
	fmt.Fprintf(out, "%s\t"+format+"\t\n", name, w.modules, w.size, w.resident)
}
