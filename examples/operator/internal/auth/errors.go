package auth

import "github.com/scalerkit/scalerkit"

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
