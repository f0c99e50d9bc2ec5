package keda

import (
	"fmt"
	"regexp"
)

// maxValue is how long a variable can become by expansion, in bytes. Each can
// have the ones before it in it several times.
const maxValue = 1 << 20

var reference = regexp.MustCompile(`\$\$|\$\([^)]*\)`)

// expand returns a text with each $(VAR) replaced by that variable and each $$
// by a dollar sign, as Kubernetes does. A reference to a variable that there is
// not stays as it is.
func expand(text string, lookup func(name string) (value string, ok bool, err error)) (string, error) {
	var failed error
	size := len(text)
	expanded := reference.ReplaceAllStringFunc(text, func(found string) string {
		switch {
		case failed != nil:
			return ""
		case found == "$$":
			return "$"
		}
		value, ok, err := lookup(found[len("$(") : len(found)-len(")")])
		if !ok || err != nil {
			failed = err
			return found
		}
		if size += len(value); size > maxValue {
			failed = fmt.Errorf("it is longer than %d bytes with its references expanded", maxValue)
			return ""
		}
		return value
	})
	if failed != nil {
		return "", failed
	}
	return expanded, nil
}
