package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/scalerkit/scalerkit/autoscale/record"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "rounds")
	_, _, errs := start(t.Context(), "-for", "8s", "-interval", "100ms", "-cooldown", "1s", "-record", dir)
	if errs != "" {
		t.Error(errs)
	}
	rounds := 0
	for r, err := range record.ReadDir(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if rounds++; r.Samples[0].Trigger != "inbound" || r.Decision == nil {
			t.Errorf("round %+v", r)
		}
	}
	if rounds == 0 {
		t.Error("no round was recorded")
	}

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := start(t.Context(), "-record", file)
	if want := "quickstart: -record: record: mkdir " + file + ": not a directory\n"; code != 1 || errs != want {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
