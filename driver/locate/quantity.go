package locate

import (
	"errors"
	"math"
	"regexp"
	"strconv"
)

// number is a quantity of Kubernetes: a number with a suffix, or with an exponent.
var number = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]+))?$`)

var decimal = map[string]int{"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}

var binary = map[string]int{"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

// Quantity reads a quantity as Kubernetes does, without its library.
func Quantity(text string) (float64, error) {
	parts := number.FindStringSubmatch(text)
	if parts == nil {
		return 0, errors.New("is no number, nor a quantity such as 1500m or 2Ki")
	}
	mantissa, suffix, exponent := parts[1], parts[2], parts[3]
	if power, ok := binary[suffix]; ok {
		value, err := strconv.ParseFloat(mantissa, 64)
		return math.Ldexp(value, power), err
	}
	if suffix != "" {
		exponent = strconv.Itoa(decimal[suffix])
	}
	if exponent != "" {
		mantissa += "e" + exponent
	}
	return strconv.ParseFloat(mantissa, 64)
}
