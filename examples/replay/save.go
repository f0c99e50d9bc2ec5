package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// draws says that there is something to draw.
func (c *config) draws() bool { return c.show || c.html != "" || c.svg != "" }

// save writes the files that cfg asks for, and says so. What was in the files of -html
// and -svg is replaced. The page of the example goes to a new file.
func (r *report) save(cfg config, log io.Writer) error {
	if cfg.show {
		f, err := os.CreateTemp("", "replay-*.html")
		if err != nil {
			return err
		}
		f.Close()
		cfg.html = f.Name()
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{{cfg.html, r.writePage}, {cfg.svg, r.writePicture}} {
		if file.name == "" {
			continue
		}
		var content bytes.Buffer
		if err := file.write(&content); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		done := "wrote"
		if info, err := os.Stat(file.name); err == nil && info.Size() > 0 {
			done = "replaced"
		}
		if err := os.WriteFile(file.name, content.Bytes(), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(log, "replay: %s %s\n", done, file.name)
	}
	return nil
}
