package scalertest

import (
	"testing"
	"time"
)

// WithPatience returns a copy of s that waits that long for what must happen
// promptly.
func (s Suite) WithPatience(d time.Duration) Suite {
	s.patience = d
	return s
}

// RunCheck runs the check with the given name.
func (s Suite) RunCheck(tb testing.TB, name string) {
	for _, c := range checks {
		if c.name == name {
			s.run(tb, c)
			return
		}
	}
	tb.Fatalf("there is no check %s", name)
}

// Applicable returns the names of the checks that apply.
func (s Suite) Applicable(tb testing.TB) []string { return checkNames(s.applicable(tb)) }

// Checks returns the names of all checks.
func Checks() []string { return checkNames(checks) }

func checkNames(checks []check) []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.name
	}
	return names
}
