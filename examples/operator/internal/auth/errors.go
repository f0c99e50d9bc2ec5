package auth

import (
	"fmt"

	"github.com/scalerkit/scalerkit"
)

// A triggerError says which trigger has a problem, as the errors of
// scalerkit.Registry do.
type triggerError struct {
	typ, name string
	err       error
}

// Error implements error.
func (e *triggerError) Error() string {
	return scalerkit.ConfigError{Type: e.typ, Name: e.name, Problem: e.err.Error()}.Error()
}

// Unwrap returns the problem.
func (e *triggerError) Unwrap() error { return e.err }

// split returns the errors that err is joined from, each after what it is
// about.
func split(about string, err error) []error {
	many, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // joined ones only
	if !ok {
		return []error{fmt.Errorf("%s%w", about, err)}
	}
	var all []error
	for _, err := range many.Unwrap() {
		all = append(all, split(about, err)...)
	}
	return all
}
