// Package program is what the programs that are weighed have in common.
package program

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// Name is that of the list, queue, topic, group and so on that is read.
const Name = "weight"

// Main gives run the program's arguments and 10 seconds. It exits with 1 if run
// fails.
func Main(run func(ctx context.Context, args []string) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Weigh prints a line with what came of the reading: its value, or an error in
// quotes. Then it waits for the end of the program's input, so that everything
// that was opened for the reading is still there to be weighed.
func Weigh(value any, err error) error {
	if err != nil {
		fmt.Fprintf(os.Stdout, "%q\n", err.Error())
	} else {
		fmt.Fprintln(os.Stdout, value)
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
