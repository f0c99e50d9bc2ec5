package main

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/record"
)

// A level is what a recorded round found: how many messages there were, and how many
// replicas.
type level struct {
	at       time.Time
	messages float64
	replicas float64 // that were ready, as far as that is known
}

// A recording is the levels of one workload, in their order. InFlight says that the
// messages include those that are being worked on.
type recording struct {
	levels   []level
	inFlight bool
}

func levelOf(r record.Round, s record.Sample) level {
	l := level{r.Time, s.Value, float64(r.Current)}
	if r.Ready != nil {
		l.replicas = float64(*r.Ready)
	}
	return l
}

// rounds returns the rounds of a file, or of a directory.
func rounds(file string, directory bool) iter.Seq2[record.Round, error] {
	if directory {
		return record.ReadDir(file)
	}
	return func(yield func(record.Round, error) bool) {
		f, err := os.Open(file)
		if err != nil {
			yield(record.Round{}, err)
			return
		}
		defer f.Close()
		for r, err := range record.Read(f) {
			if !yield(r, err) {
				return
			}
		}
	}
}

// readRecording reads the levels of the workload and of the trigger that cfg names.
// Rounds in which the trigger could not be read are left out.
func readRecording(cfg *config, file string, directory bool) (recording, error) {
	var rec recording
	workloads, triggers := make(map[string]bool), make(map[string]bool)
	for r, err := range rounds(file, directory) {
		if err != nil {
			return rec, err
		}
		workload := r.Key().String()
		workloads[workload] = true
		if cfg.workload != "" && workload != cfg.workload {
			continue
		}
		if r.Decision != nil && r.Decision.Jobs {
			return rec, fmt.Errorf("%s has Jobs, and only workloads with replicas can be played", workload)
		}
		for _, s := range r.Samples {
			triggers[s.Trigger] = true
			if cfg.reading != "" && s.Trigger != cfg.reading || s.Error != "" {
				continue
			}
			rec.levels, rec.inFlight = append(rec.levels, levelOf(r, s)), s.InFlight
		}
	}
	list := func(names map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(names)), ", ") }
	switch {
	case cfg.workload != "" && !workloads[cfg.workload]:
		return rec, fmt.Errorf("-workload %s: it is not in the recording, which has %s", cfg.workload, list(workloads))
	case cfg.workload == "" && len(workloads) > 1:
		return rec, fmt.Errorf("-workload has to say which one is played: %s", list(workloads))
	case cfg.reading != "" && !triggers[cfg.reading]:
		return rec, fmt.Errorf("-reading %s: it is not in the recording, which has %s", cfg.reading, list(triggers))
	case cfg.reading == "" && len(triggers) > 1:
		return rec, fmt.Errorf("-reading has to say which trigger reads the queue: %s", list(triggers))
	case len(rec.levels) < 3:
		return rec, fmt.Errorf("there are %d readings, and it takes 3", len(rec.levels))
	}
	for i, l := range rec.levels[1:] {
		if before := rec.levels[i].at; !l.at.After(before) {
			return rec, fmt.Errorf("the round of %s is not after the one before, %s", l.at.Format(time.RFC3339Nano), before.Format(time.RFC3339Nano))
		}
	}
	return rec, nil
}
