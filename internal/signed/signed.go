// Package signed makes readings of numbers that may be below zero, as the results
// of queries may be.
package signed

import (
	"fmt"

	"github.com/scalerkit/scalerkit"
)

// Reading returns the reading of a number. One below zero counts as 0, with a
// Note, and is compared with the activation as it is.
func Reading(value, activation float64) scalerkit.Reading {
	if value >= 0 {
		return scalerkit.Reading{Value: value}
	}
	r := scalerkit.Reading{Value: max(value, 0), Note: fmt.Sprintf("the result is %v, which counts as 0", value)}
	if activation < 0 && value <= activation {
		r.Activity = scalerkit.Inactive
	}
	return r
}
