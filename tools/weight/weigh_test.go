package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestDistinct(t *testing.T) {
	if got := distinct("\na\nb\n\na\n"); got != 2 {
		t.Errorf("distinct = %d, want 2", got)
	}
}

func TestResident(t *testing.T) {
	got, err := resident("Name:\tredis\nVmHWM:\t   13000 kB\nVmRSS:\t   12288 kB\nRssAnon:\t    5012 kB\n")
	if got != 12 || err != nil {
		t.Errorf("resident = %v, %v, want 12", got, err)
	}
	if _, err := resident("Name:\tgone\n"); err == nil {
		t.Error("no error for a status without memory")
	}
}

func TestOver(t *testing.T) {
	goal := weight{modules: 8, size: 10, resident: 14}
	for w, want := range map[weight][]string{
		goal:         nil,
		{9, 1, 1}:    {"modules"},
		{1, 11, 1}:   {"size"},
		{1, 1, 15}:   {"memory"},
		{99, 99, 99}: {"modules", "size", "memory"},
	} {
		if got := w.over(goal); !slices.Equal(got, want) {
			t.Errorf("%v is over %v in %q, want %q", w, goal, got, want)
		}
	}
	if got := (weight{99, 12, 12}).over(aFifthMore(weight{1, 10, 10})); got != nil {
		t.Errorf("a fifth more is too much: %q", got)
	}
}

func TestEverySourceIsWeighed(t *testing.T) {
	var want []string
	entries, err := os.ReadDir("../../scalers")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != "all" && name != "scalertest" {
			want = append(want, name)
		}
	}
	var got []string
	for _, s := range sources {
		got = append(got, s.name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("there are entries for %q and packages %q", got, want)
	}
}

// TestProgramsCompile does all but link them.
func TestProgramsCompile(t *testing.T) {
	for _, s := range sources {
		for _, kind := range []string{"ours", "bare"} {
			file, err := s.generate(t.TempDir(), kind)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput(); err != nil {
				t.Errorf("%s, %s: %v\n%s", s.name, kind, err, out)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	if _, err := choose([]string{"redis", "none"}); err == nil || err.Error() != `there is no source "none"` {
		t.Errorf("a source that there is not: %v", err)
	}
	if got, err := choose([]string{"redis"}); err != nil || len(got) != 1 || got[0].name != "redis" {
		t.Errorf("chosen %v, %v", got, err)
	}
}
