package main

import "testing"

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

func TestExceeds(t *testing.T) {
	goal := weight{modules: 8, size: 10, resident: 14}
	if goal.exceeds(goal) {
		t.Error("a weight exceeds itself")
	}
	for _, w := range []weight{{9, 1, 1}, {1, 11, 1}, {1, 1, 15}} {
		if !w.exceeds(goal) {
			t.Errorf("%v does not exceed %v", w, goal)
		}
	}
}
