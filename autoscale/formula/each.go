package formula

// each evaluates a function that looks at the elements of a list one by one.
func (e *evaluation) each(n *node) (value, *failure) {
	of, f := e.value(n.parts[0])
	if f != nil {
		return value{}, f
	}
	if of.kind != list {
		return value{}, failAt(n.at, "invalid argument for %s (type %v)", n.name, of.kind)
	}
	e.scopes = append(e.scopes, scope{})
	defer func() { e.scopes = e.scopes[:len(e.scopes)-1] }()
	switch n.name {
	case "reduce":
		return e.reduce(n, of.list)
	case "map", "sum":
		mapped := make([]value, len(of.list))
		for i, element := range of.list {
			if mapped[i], f = e.at(n, i, element, value{}); f != nil {
				return value{}, f
			}
			if n.name == "sum" && !mapped[i].kind.isNumber() {
				return value{}, failAt(n.at, "invalid argument for sum (type %v)", mapped[i].kind)
			}
		}
		if n.name == "sum" {
			return total(mapped), nil
		}
		return listOf(mapped), nil
	}
	return e.those(n, of.list)
}

// at evaluates the predicate for an element.
func (e *evaluation) at(n *node, index int, element, sum value) (value, *failure) {
	e.scopes[len(e.scopes)-1] = scope{element: element, sum: sum, index: index}
	return e.value(n.parts[1].parts[0])
}

func (e *evaluation) reduce(n *node, of []value) (value, *failure) {
	var sum value
	begin := 0
	if len(n.parts) > 2 {
		// What it begins with sees what is outside of the predicate.
		inner := e.scopes
		e.scopes = inner[:len(inner)-1]
		var f *failure
		if sum, f = e.value(n.parts[2]); f != nil {
			return value{}, f
		}
		e.scopes = inner
	} else if len(of) > 0 {
		sum, begin = of[0], 1
	} else {
		return value{}, failAt(n.at, "reduce of empty array with no initial value")
	}
	for i := begin; i < len(of); i++ {
		var f *failure
		if sum, f = e.at(n, i, of[i], sum); f != nil {
			return value{}, f
		}
	}
	return sum, nil
}

// those evaluates functions whose predicate is a condition, which for count may
// be the elements themselves. It looks no further than it has to.
func (e *evaluation) those(n *node, of []value) (value, *failure) {
	var are []value
	for i := range of {
		if n.name == "findLast" {
			i = len(of) - 1 - i
		}
		is := of[i]
		if len(n.parts) > 1 {
			var f *failure
			if is, f = e.at(n, i, of[i], value{}); f != nil {
				return value{}, f
			}
		}
		if is.kind != condition {
			return value{}, failAt(n.at, "a condition is %v", is.kind)
		}
		if is.truth {
			are = append(are, of[i])
		}
		switch n.name {
		case "find", "findLast":
			if is.truth {
				return of[i], nil
			}
		case "any", "none":
			if is.truth {
				return truth(n.name == "any"), nil
			}
		case "all":
			if !is.truth {
				return truth(false), nil
			}
		}
	}
	switch n.name {
	case "count":
		return integerOf(len(are)), nil
	case "filter":
		return listOf(are), nil
	case "one":
		return truth(len(are) == 1), nil
	case "find", "findLast":
		return value{}, nil
	}
	return truth(n.name != "any"), nil
}
