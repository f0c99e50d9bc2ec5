package main

import (
	"os"
	"path/filepath"
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

// TestSources is about what sources and the directories have to agree on.
func TestSources(t *testing.T) {
	for _, s := range sources {
		for _, program := range []string{s.name, s.name + "bare"} {
			if _, err := os.Stat(filepath.Join(program, "main.go")); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := choose([]string{"redis", "none"}); err == nil {
		t.Error("no error for a source that there is not")
	}
	if got, err := choose([]string{"redis"}); err != nil || len(got) != 1 || got[0].name != "redis" {
		t.Errorf("chosen %v, %v", got, err)
	}
}
