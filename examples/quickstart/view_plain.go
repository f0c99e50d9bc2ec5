package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A plainView writes a line for each decision.
type plainView struct {
	out   io.Writer
	begun time.Time // the first round
}

func (v *plainView) round(r control.Round) {
	if v.begun.IsZero() {
		v.begun = r.Time
	}
	fmt.Fprintf(v.out, "%6.1fs  waiting %4s  workers %3d -> %-3d  %s\n",
		r.Time.Sub(v.begun).Seconds(), waiting(r), r.Current, r.Decision.Replicas, strings.Join(reasons(r), "; "))
}

func (v *plainView) run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// waiting returns what was read: how many messages wait, or "?".
func waiting(r control.Round) string {
	if len(r.Samples) == 0 || r.Samples[0].Err != nil {
		return "?"
	}
	return fmt.Sprint(r.Samples[0].Reading.Value)
}

// reasons returns why the round did what it did, a line each.
func reasons(r control.Round) []string {
	var lines []string
	for _, s := range r.Decision.Steps {
		lines = append(lines, s.String())
	}
	if r.Err != nil {
		lines = append(lines, r.Err.Error())
	}
	return lines
}
