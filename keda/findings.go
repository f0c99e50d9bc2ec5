package keda

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/internal/joined"
)

// Findings are what there is to say about an object. The zero value is an
// object about which there is nothing to say.
type Findings struct {
	Problems []Problem // what can never work
	Warnings []string  // what works, but not as it may seem
}

// A Problem is something in an object that can never work.
type Problem struct {
	Reason string // its kind in KEDA's word, if it has one: "incorrect-replicas"
	Text   string // the field, what is wrong, and what would be right; no secret
}

// Error implements error.
func (p Problem) Error() string { return p.Text }

// Refuse adds a problem.
func (f *Findings) Refuse(reason, format string, args ...any) {
	f.Problems = append(f.Problems, Problem{reason, fmt.Sprintf(format, args...)})
}

// Warn adds a warning.
func (f *Findings) Warn(format string, args ...any) {
	f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
}

// Add adds the problems and warnings of others.
func (f *Findings) Add(others Findings) {
	f.Problems = append(f.Problems, others.Problems...)
	f.Warnings = append(f.Warnings, others.Warnings...)
}

// Err returns the problems, joined as by [errors.Join]; nil if there are none.
func (f *Findings) Err() error {
	problems := make([]error, len(f.Problems))
	for i, p := range f.Problems {
		problems[i] = p
	}
	return errors.Join(problems...)
}

// refuseAll adds each of the problems that err is joined from.
func (f *Findings) refuseAll(reason, about string, err error) {
	for _, err := range joined.Each(about, err) {
		f.Refuse(reason, "%v", err)
	}
}

// atLeast adds a problem if a field is set, and to less than that.
func (f *Findings) atLeast(reason, field string, given *int32, least int32) {
	if given != nil && *given < least {
		f.Refuse(reason, "%s: %d is less than %d", field, *given, least)
	}
}

// oneOf adds a problem if a field is set, and to none of these values.
func (f *Findings) oneOf(field, given string, values ...string) {
	if given != "" && !slices.Contains(values, given) {
		f.Refuse(incorrectPolicy, "%s: %q is not one of %s", field, given, strings.Join(values, ", "))
	}
}
