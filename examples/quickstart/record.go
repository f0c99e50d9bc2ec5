package main

import (
	"fmt"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/record"
)

// recording returns what is told of each round, and what ends that. Without a
// directory, nothing is recorded.
func recording(dir string) (tell func(control.Round), end func() error, err error) {
	if dir == "" {
		return func(control.Round) {}, func() error { return nil }, nil
	}
	rounds, err := record.Open(dir, record.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("-record: %w", err)
	}
	return rounds.Record, rounds.Close, nil
}
