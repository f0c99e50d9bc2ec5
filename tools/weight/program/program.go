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

// Main gives read the program's arguments and 10 seconds, and prints a line with
// what came of it: a value, or an error in quotes. Then it waits for the end of
// the program's input, so that what was opened for the reading, and is not
// closed, is still there to be weighed.
func Main(read func(ctx context.Context, args []string) (value any, err error)) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if value, err := read(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stdout, "%q\n", err.Error())
	} else {
		fmt.Fprintln(os.Stdout, value)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		Fail(err)
	}
}

// Fail ends the program, which could not get as far as a reading.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
