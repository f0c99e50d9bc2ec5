package formula

import (
	"math"
	"slices"
)

// An evaluation of a formula, with what has a name there. It is for one call.
type evaluation struct {
	readings map[string]float64 // by trigger; those that are missing are nil
	names    []binding          // of let, the innermost last
	scopes   []scope            // of predicates, the innermost last
}

type binding struct {
	name  string
	value value
}

// A scope is what a predicate sees of a list.
type scope struct {
	element, sum value
	index        int
}

func (e *evaluation) value(n *node) (value, *failure) {
	switch n.kind {
	case named:
		return e.named(n.name), nil
	case pointer:
		in := e.scopes[len(e.scopes)-1]
		switch n.name {
		case "index":
			return integerOf(in.index), nil
		case "acc":
			return in.sum, nil
		}
		return in.element, nil
	case unary:
		return e.unary(n)
	case binary:
		return e.binary(n)
	case choice:
		is, f := e.truth(n.parts[0])
		if f != nil {
			return value{}, f
		}
		if is {
			return e.value(n.parts[1])
		}
		return e.value(n.parts[2])
	case listing:
		values, f := e.values(n.parts)
		return listOf(values), f
	case declaration:
		v, f := e.value(n.parts[0])
		if f != nil {
			return value{}, f
		}
		e.names = append(e.names, binding{n.name, v})
		defer func() { e.names = e.names[:len(e.names)-1] }()
		return e.value(n.parts[1])
	case call:
		if forms[n.name].predicate && (len(n.parts) > 1 || n.name == "count") {
			return e.each(n)
		}
		return e.call(n)
	}
	return n.value, nil
}

func (e *evaluation) named(name string) value {
	for _, b := range slices.Backward(e.names) {
		if b.name == name {
			return b.value
		}
	}
	if reading, ok := e.readings[name]; ok {
		return fractionOf(reading)
	}
	return value{}
}

func (e *evaluation) values(of []*node) ([]value, *failure) {
	values := make([]value, len(of))
	for i, n := range of {
		var f *failure
		if values[i], f = e.value(n); f != nil {
			return nil, f
		}
	}
	return values, nil
}

// truth evaluates a condition.
func (e *evaluation) truth(n *node) (bool, *failure) {
	v, f := e.value(n)
	if f == nil && v.kind != condition {
		f = failAt(n.at, "a condition is %v", v.kind)
	}
	return v.truth, f
}

func (e *evaluation) unary(n *node) (value, *failure) {
	if n.name == "not" || n.name == "!" {
		is, f := e.truth(n.parts[0])
		return truth(!is), f
	}
	v, f := e.value(n.parts[0])
	switch {
	case f != nil || n.name == "+":
		return v, f
	case v.kind == integer:
		return integerOf(-v.integer), nil
	case v.kind == fraction:
		return fractionOf(-v.fraction), nil
	}
	return value{}, failAt(n.at, "invalid operation: %s %v", n.name, v.kind)
}

func (e *evaluation) binary(n *node) (value, *failure) {
	switch n.name {
	case "and", "&&", "or", "||":
		is, f := e.truth(n.parts[0])
		if settles := n.name == "or" || n.name == "||"; f != nil || is == settles {
			return truth(is), f
		}
		is, f = e.truth(n.parts[1])
		return truth(is), f
	case "??":
		if v, f := e.value(n.parts[0]); f != nil || v.kind != nothing {
			return v, f
		}
		return e.value(n.parts[1])
	}
	v, f := e.value(n.parts[0])
	if f != nil {
		return value{}, f
	}
	w, f := e.value(n.parts[1])
	switch {
	case f != nil:
		return value{}, f
	case n.name == "==":
		return truth(v.equals(w)), nil
	case n.name == "!=":
		return truth(!v.equals(w)), nil
	case n.name == "in" && (w.kind == list || w.kind == nothing):
		return truth(slices.ContainsFunc(w.list, v.equals)), nil
	case !v.kind.isNumber() || !w.kind.isNumber() || n.name == "in",
		n.name == "%" && (v.kind != integer || w.kind != integer):
		return value{}, failAt(n.at, "invalid operation: %v %s %v", v.kind, n.name, w.kind)
	case n.name == "%" && w.integer == 0:
		return value{}, failAt(n.at, "integer divide by zero")
	}
	return compute(n.name, v, w), nil
}

// call evaluates a function without a predicate.
func (e *evaluation) call(n *node) (value, *failure) {
	arguments, f := e.values(n.parts)
	if f != nil {
		return value{}, f
	}
	var numbers []value // also those in lists
	for _, a := range arguments {
		of := a.list
		if a.kind != list {
			of = []value{a}
		}
		for _, v := range of {
			if !v.kind.isNumber() && n.name != "len" {
				return value{}, failAt(n.at, "invalid argument for %s (type %v)", n.name, v.kind)
			}
		}
		numbers = append(numbers, of...)
	}
	switch n.name {
	case "len":
		return integerOf(len(numbers)), nil
	case "max":
		return best(numbers, value.isLess), nil
	case "min":
		return best(numbers, func(v, w value) bool { return w.isLess(v) }), nil
	case "sum":
		return total(numbers), nil
	case "mean":
		if len(numbers) == 0 {
			return fractionOf(0), nil
		}
		sum := 0.0
		for _, v := range numbers {
			sum += v.float()
		}
		return fractionOf(sum / float64(len(numbers))), nil
	case "median":
		return median(numbers), nil
	}
	if arguments[0].kind == list {
		return value{}, failAt(n.at, "invalid argument for %s (type %v)", n.name, list)
	}
	return convert(n.name, arguments[0]), nil
}

// convert is a function of one number.
func convert(function string, v value) value {
	switch function {
	case "abs":
		if v.kind == integer {
			return integerOf(max(v.integer, -v.integer))
		}
		return fractionOf(math.Abs(v.fraction))
	case "ceil":
		return fractionOf(math.Ceil(v.float()))
	case "floor":
		return fractionOf(math.Floor(v.float()))
	case "round":
		return fractionOf(math.Round(v.float()))
	case "int":
		if v.kind == integer {
			return v
		}
		return integerOf(int(v.fraction))
	}
	return fractionOf(v.float())
}

// best returns the first value that is not worse than another, nil if there is
// none.
func best(of []value, worse func(v, w value) bool) (found value) {
	for i, v := range of {
		if i == 0 || worse(found, v) {
			found = v
		}
	}
	return found
}

func total(of []value) value {
	sum := integerOf(0)
	for _, v := range of {
		sum = compute("+", sum, v)
	}
	return sum
}

func median(of []value) value {
	sorted := make([]float64, len(of))
	for i, v := range of {
		sorted[i] = v.float()
	}
	slices.Sort(sorted)
	half := len(sorted) / 2
	switch {
	case len(sorted) == 0:
		return fractionOf(0)
	case len(sorted)%2 == 1:
		return fractionOf(sorted[half])
	}
	return fractionOf((sorted[half-1] + sorted[half]) / 2)
}
