package formula

import (
	"fmt"
	"math"
)

// A value is what a part of a formula comes to. The zero value is nil.
type value struct {
	kind     kind
	integer  int
	fraction float64
	truth    bool
	list     []value
}

type kind int

const (
	nothing kind = iota // nil
	integer
	fraction
	condition
	list
	unknown // before the evaluation
)

// String returns what messages call a kind.
func (k kind) String() string {
	return [...]string{"<nil>", "int", "float64", "bool", "list", "unknown"}[k]
}

func (k kind) isNumber() bool { return k == integer || k == fraction }

func integerOf(i int) value      { return value{kind: integer, integer: i} }
func fractionOf(f float64) value { return value{kind: fraction, fraction: f} }
func truth(is bool) value        { return value{kind: condition, truth: is} }
func listOf(of []value) value    { return value{kind: list, list: of} }

// float returns a number as a fraction.
func (v value) float() float64 {
	if v.kind == integer {
		return float64(v.integer)
	}
	return v.fraction
}

// String returns what messages show.
func (v value) String() string {
	switch v.kind {
	case integer:
		return fmt.Sprint(v.integer)
	case fraction:
		return fmt.Sprint(v.fraction)
	case condition:
		return fmt.Sprint(v.truth)
	}
	return v.kind.String()
}

func (v value) equals(w value) bool {
	switch {
	case v.kind == integer && w.kind == integer:
		return v.integer == w.integer
	case v.kind.isNumber() && w.kind.isNumber():
		return v.float() == w.float()
	case v.kind != w.kind:
		return false
	}
	return v.kind == nothing || v.kind == condition && v.truth == w.truth
}

// isLess says whether one number is less than another.
func (v value) isLess(w value) bool {
	if v.kind == integer && w.kind == integer {
		return v.integer < w.integer
	}
	return v.float() < w.float()
}

// compute returns what an operator of arithmetic or order makes of two numbers. That
// of a remainder by zero has none.
func compute(operator string, v, w value) value {
	whole := v.kind == integer && w.kind == integer
	switch operator {
	case "<":
		return truth(v.isLess(w))
	case ">":
		return truth(w.isLess(v))
	case "<=":
		return truth(v.isLess(w) || v.equals(w))
	case ">=":
		return truth(w.isLess(v) || v.equals(w))
	case "/":
		return fractionOf(v.float() / w.float())
	case "**", "^":
		return fractionOf(math.Pow(v.float(), w.float()))
	case "%":
		return integerOf(v.integer % w.integer)
	case "-":
		if whole {
			return integerOf(v.integer - w.integer)
		}
		return fractionOf(v.float() - w.float())
	case "*":
		if whole {
			return integerOf(v.integer * w.integer)
		}
		return fractionOf(v.float() * w.float())
	}
	if whole {
		return integerOf(v.integer + w.integer)
	}
	return fractionOf(v.float() + w.float())
}
