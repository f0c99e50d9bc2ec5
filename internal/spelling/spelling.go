// Package spelling guesses what a misspelt name was meant to be.
package spelling

import (
	"fmt"
	"strings"
)

// Nearest returns the candidate that text is probably a misspelling of, or "" if
// all of them are too different. Case does not matter.
func Nearest(text string, candidates []string) string {
	best, limit := "", min(len(text)/3+1, len(text)-1)
	for _, c := range candidates {
		if max(len(text)-len(c), len(c)-len(text)) > limit {
			continue // and spare the effort, which a hostile text could make large
		}
		if d := editDistance(strings.ToLower(text), strings.ToLower(c)); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// editDistance is the Levenshtein distance in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Hint says, for the end of a sentence, which of the candidates could be meant
// by text, or else which there are. It is empty if there are none.
func Hint(text string, candidates []string) string {
	if near := Nearest(text, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(candidates) > 0 {
		return "; there are " + strings.Join(candidates, ", ")
	}
	return ""
}
