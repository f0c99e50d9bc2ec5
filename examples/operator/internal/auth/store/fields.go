package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// Fields are those of a JSON object.
type Fields map[string]json.RawMessage

// Text returns a field as the text of a parameter: a string as it is, a list of
// strings a line each, and anything else as its JSON. A field that is not there
// or null is an error, which names those that there are and wraps
// scalerkit.ErrNotFound.
func (f Fields) Text(key string) (string, error) {
	raw, ok := f[key]
	if !ok {
		return "", Missing(fmt.Sprintf("it has no key %q: it has %s", key, List(slices.Sorted(maps.Keys(f)))))
	}
	if string(raw) == "null" {
		return "", Missing(fmt.Sprintf("its key %q is null", key))
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var lines []string
	if json.Unmarshal(raw, &lines) == nil {
		return strings.Join(lines, "\n"), nil
	}
	return string(raw), nil
}

// Missing is the error for something that is not there, in words that say so.
// It is scalerkit.ErrNotFound.
type Missing string

// Error implements error.
func (m Missing) Error() string { return string(m) }

// Is reports whether target is scalerkit.ErrNotFound.
func (m Missing) Is(target error) bool { return target == scalerkit.ErrNotFound }

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
