package azure

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Reading returns that of a value which may be below zero: then it counts as 0, and
// is compared with the activation as it is.
func Reading(value, activation float64) scalerkit.Reading {
	r := scalerkit.Reading{Value: value}
	if value < 0 {
		r.Value, r.Note = 0, fmt.Sprintf("the value is %v, which counts as 0", value)
		if activation < 0 && value <= activation {
			r.Activity = scalerkit.Inactive
		}
	}
	return r
}

// ParseSpan returns the duration that a parameter has in a form such as "hh:mm", and
// finds fault with it if it has not.
func ParseSpan(p *driver.Problems, span *string, form string) (d time.Duration) {
	numbers, units := strings.Split(*span, ":"), []time.Duration{time.Hour, time.Minute, time.Second}
	ok := len(numbers) == strings.Count(form, ":")+1
	for i, text := range numbers {
		n, err := strconv.ParseUint(text, 10, 16)
		if ok = ok && err == nil; ok {
			d += time.Duration(n) * units[i]
		}
	}
	if *span != "" && (!ok || d == 0) {
		p.Add(span, "%q is no time span: want %s, and more than nothing", *span, form)
	}
	return d
}
