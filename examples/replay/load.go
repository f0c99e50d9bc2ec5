package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
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
}

// readLoad reads the file of -load.
func readLoad(cfg config) (load, error) {
	if cfg.load == "" {
		return parseLoad(cfg, exampleLoadFile, bytes.NewReader(exampleLoad))
	}
	info, err := os.Stat(cfg.load)
	if err != nil {
		return load{}, fmt.Errorf("-load: %w", err)
	}
	if info.IsDir() || strings.HasSuffix(cfg.load, ".jsonl") {
		return load{}, fmt.Errorf("%s: a recording has what waited and not what arrived: "+
			"-load wants a CSV file of lines \"time,messages\", with the messages that arrived", cfg.load)
	}
	f, err := os.Open(cfg.load)
	if err != nil {
		return load{}, fmt.Errorf("-load: %w", err)
	}
	defer f.Close()
	return parseLoad(cfg, cfg.load, f)
}

func parseLoad(cfg config, file string, r io.Reader) (load, error) {
	series, err := simulate.ReadCSV(r, simulate.Gaps(cfg.gaps))
	if err != nil {
		return load{}, fmt.Errorf("%s: %w", file, err)
	}
	if cfg.step > 0 {
		series = series.InSteps(cfg.step)
	}
	return load{file, series.Times(cfg.times)}, nil
}
