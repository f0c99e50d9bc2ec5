package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit/internal/missing"
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
		return "", missing.Error(fmt.Sprintf("it has no key %q: it has %s", key, missing.List(slices.Sorted(maps.Keys(f)))))
	}
	if string(raw) == "null" {
		return "", missing.Error(fmt.Sprintf("its key %q is null", key))
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
