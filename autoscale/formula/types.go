package formula

import "slices"

// A typed is what is known of a part of a formula before it is evaluated: its
// kind, and of a list that of its elements.
type typed struct{ kind, of kind }

// types finds operators and functions that are given what they can never take,
// whatever the readings are. A trigger is a number there: that it may be missing
// shows when it is read.
type types struct {
	known    map[*node]typed // of what was visited, as in checker
	names    []typedName     // of let, the innermost last
	elements []kind          // that # stands for, the innermost last
	pointers []string        // the functions around, which say what #index and #acc are

	failure *failure // the first
}

type typedName struct {
	name string
	is   typed
}

func (t *types) fail(at int, format string, args ...any) typed {
	if t.failure == nil {
		t.failure = failAt(at, format, args...)
	}
	return typed{kind: unknown}
}

// may says whether a part may be of one of these kinds.
func (t typed) may(kinds ...kind) bool { return t.kind == unknown || slices.Contains(kinds, t.kind) }

// both returns the kind that two parts have in common.
func both(a, b typed) typed {
	switch {
	case a == b || b.kind == nothing:
		return a
	case a.kind == nothing:
		return b
	}
	return typed{kind: unknown}
}

func areNumbers(a, b typed) bool { return a.may(integer, fraction) && b.may(integer, fraction) }

// alike says whether one part may be equal to another.
func alike(a, b typed) bool {
	return areNumbers(a, b) || a.may(nothing, b.kind) || b.may(nothing)
}

func (t *types) of(n *node) typed {
	is, ok := t.known[n]
	if !ok {
		is = t.find(n)
		t.known[n] = is
	}
	return is
}

func (t *types) find(n *node) typed {
	switch n.kind {
	case named:
		for _, name := range slices.Backward(t.names) {
			if name.name == n.name {
				return name.is
			}
		}
		return typed{kind: fraction}
	case pointer:
		return t.pointer(n)
	case unary:
		return t.unary(n)
	case binary:
		return t.binary(n)
	case choice:
		if is := t.of(n.parts[0]); !is.may(condition) {
			return t.fail(n.parts[0].at, "a condition is %v", is.kind)
		}
		return both(t.of(n.parts[1]), t.of(n.parts[2]))
	case listing:
		return t.listing(n)
	case declaration:
		t.names = append(t.names, typedName{n.name, t.of(n.parts[0])})
		is := t.of(n.parts[1])
		t.names = t.names[:len(t.names)-1]
		return is
	case call:
		if forms[n.name].predicate {
			return t.each(n)
		}
		return t.call(n)
	}
	return typed{kind: n.value.kind}
}

func (t *types) pointer(n *node) typed {
	around := t.pointers[len(t.pointers)-1]
	switch {
	case n.name == "":
		return typed{kind: t.elements[len(t.elements)-1]}
	case n.name == "index" && (around == "map" || around == "reduce"):
		return typed{kind: integer}
	case n.name == "acc" && around == "reduce":
		return typed{kind: unknown}
	}
	return t.fail(n.at, "#%s is not known here", n.name)
}

func (t *types) unary(n *node) typed {
	is := t.of(n.parts[0])
	if n.name == "not" || n.name == "!" {
		if is.may(condition) {
			return typed{kind: condition}
		}
	} else if is.may(integer, fraction) {
		return is
	}
	return t.fail(n.at, "invalid operation: %s %v", n.name, is.kind)
}

func (t *types) binary(n *node) typed {
	a, b := t.of(n.parts[0]), t.of(n.parts[1])
	numbers := areNumbers(a, b)
	switch n.name {
	case "??":
		return both(a, b)
	case "and", "&&", "or", "||":
		if a.may(condition) && b.may(condition) {
			return typed{kind: condition}
		}
	case "in":
		if b.may(list) && (b.kind == unknown || alike(a, typed{kind: b.of})) {
			return typed{kind: condition}
		}
	case "==", "!=":
		if alike(a, b) {
			return typed{kind: condition}
		}
	case "<", "<=", ">", ">=":
		if numbers {
			return typed{kind: condition}
		}
	case "%":
		if a.may(integer) && b.may(integer) {
			return typed{kind: integer}
		}
	case "/", "**", "^":
		if numbers {
			return typed{kind: fraction}
		}
	default:
		switch {
		case numbers && (a.kind == unknown || b.kind == unknown):
			return typed{kind: unknown}
		case numbers && a.kind == integer && b.kind == integer:
			return a
		case numbers:
			return typed{kind: fraction}
		}
	}
	return t.fail(n.at, "invalid operation: %s (mismatched types %v and %v)", n.name, a.kind, b.kind)
}

func (t *types) listing(n *node) typed {
	is := typed{list, unknown}
	for i, part := range n.parts {
		element := t.of(part).kind
		if i == 0 {
			is.of = element
		} else if is.of != element {
			is.of = unknown
		}
	}
	return is
}

// call is for a function without a predicate.
func (t *types) call(n *node) typed {
	arguments := make([]typed, len(n.parts))
	for i, part := range n.parts {
		arguments[i] = t.of(part)
	}
	allowed := []kind{integer, fraction}
	switch n.name {
	case "max", "min", "mean", "median":
		if len(arguments) == 0 {
			return t.fail(n.at, "%s needs an argument", n.name)
		}
		allowed = append(allowed, list)
	case "len":
		allowed = []kind{list}
		fallthrough
	default:
		if len(arguments) != 1 {
			return t.fail(n.at, "%s takes one argument, and has %d", n.name, len(arguments))
		}
	}
	same := true
	for _, a := range arguments {
		if !a.may(allowed...) {
			return t.fail(n.at, "invalid argument for %s (type %v)", n.name, a.kind)
		}
		same = same && a == arguments[0] && a.kind != list
	}
	switch {
	case n.name == "len" || n.name == "int":
		return typed{kind: integer}
	case n.name == "abs" || same && (n.name == "max" || n.name == "min"):
		return arguments[0]
	case n.name == "max" || n.name == "min":
		return typed{kind: unknown}
	}
	return typed{kind: fraction}
}

// each is for a function that looks at the elements of a list one by one.
func (t *types) each(n *node) typed {
	of := t.of(n.parts[0])
	if !of.may(list) {
		return t.fail(n.parts[0].at, "%s takes a list, and this is %v", n.name, of.kind)
	}
	if of.kind == unknown {
		of.of = unknown
	}
	made := typed{kind: of.of}
	if len(n.parts) > 1 {
		t.elements, t.pointers = append(t.elements, of.of), append(t.pointers, n.name)
		made = t.of(n.parts[1].parts[0])
		t.elements, t.pointers = t.elements[:len(t.elements)-1], t.pointers[:len(t.pointers)-1]
	}
	if len(n.parts) > 2 {
		t.of(n.parts[2])
	}
	switch n.name {
	case "sum":
		return typed{kind: made.kind}
	case "map":
		return typed{list, made.kind}
	case "reduce":
		return typed{kind: unknown}
	}
	if !made.may(condition) && len(n.parts) > 1 {
		return t.fail(n.parts[1].at, "%s needs a condition, and this is %v", n.name, made.kind)
	}
	switch n.name {
	case "filter":
		return typed{list, of.of}
	case "find", "findLast":
		return typed{kind: of.of}
	case "count":
		return typed{kind: integer}
	}
	return typed{kind: condition}
}
