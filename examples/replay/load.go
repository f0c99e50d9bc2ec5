package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

//go:embed example/series.csv
var exampleLoad []byte

// A load is what is played.
type load struct {
	file   string
	series simulate.Series
	notes  []string // how it was estimated, if it was
}

// readLoad reads the file of -load, or asks a Prometheus about the workload of the first
// policy. If that is a recording, it sets what cfg has not.
func readLoad(ctx context.Context, cfg *config, policies []policy) (load, error) {
	l := load{file: exampleLoadFile}
	var err error
	switch {
	case cfg.prometheus.asked():
		l, err = cfg.prometheus.load(ctx, cfg, policies[0])
	case cfg.load == "":
		l.series, err = simulate.ReadCSV(bytes.NewReader(exampleLoad), simulate.RefuseGaps)
	default:
		l.file = cfg.load
		err = l.read(cfg)
	}
	if err != nil {
		return load{}, err
	}
	if cfg.step > 0 {
		l.series = l.series.InSteps(cfg.step)
	}
	l.series = l.series.Times(cfg.times)
	return l, nil
}

func (l *load) read(cfg *config) error {
	info, err := os.Stat(l.file)
	if err != nil {
		return fmt.Errorf("-load: %w", err)
	}
	if info.IsDir() || strings.HasSuffix(l.file, ".jsonl") {
		rec, err := readRecording(cfg, l.file, info.IsDir())
		if err == nil {
			l.series, l.notes, err = rec.estimate(cfg)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.file, err)
		}
		return nil
	}
	f, err := os.Open(l.file)
	if err != nil {
		return fmt.Errorf("-load: %w", err)
	}
	defer f.Close()
	if strings.HasSuffix(l.file, ".json") {
		l.series, err = savedArrivals(f, simulate.Gaps(cfg.gaps))
	} else {
		l.series, err = simulate.ReadCSV(f, simulate.Gaps(cfg.gaps))
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", l.file, err)
	case cfg.given["busy"] || cfg.given["workload"] || cfg.given["reading"]:
		return fmt.Errorf("%s: -workload, -reading and -busy are for recordings", l.file)
	}
	return nil
}
