// Package missing says what is not there, and what is in its place.
package missing

import (
	"fmt"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// Error is the error for something that is not there, in words that say so.
// It is [scalerkit.ErrNotFound].
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

// Is reports whether target is [scalerkit.ErrNotFound].
func (e Error) Is(target error) bool { return target == scalerkit.ErrNotFound }

// List returns names for an error.
func List(names []string) string {
	const most = 20
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
