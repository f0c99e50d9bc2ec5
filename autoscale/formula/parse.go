package formula

import (
	"slices"
	"strconv"
	"strings"
)

// A node is a part of a parsed expression.
type node struct {
	kind  nodeKind
	at    int     // how many runes of the source are before it
	name  string  // of what is named: a trigger, a function, an operator
	value value   // of a literal
	parts []*node // in the order in which they are written
}

type nodeKind int

const (
	literal     nodeKind = iota
	named                // a trigger, or what let has given a name
	pointer              // #, #index or #acc
	unary                // an operator before one part
	binary               // an operator between two
	choice               // a condition, and two to choose from
	listing              // a list
	declaration          // let name = the first part; the second
	call                 // of a function
	unknownCall          // of what is none
	predicate            // what a function evaluates for each element
)

// The binding powers of operators: the higher binds first.
var (
	prefixes = map[string]int{"not": 50, "!": 50, "-": 90, "+": 90}
	infixes  = map[string]int{
		"|": 0, "or": 10, "||": 10, "and": 15, "&&": 15,
		"==": 20, "!=": 20, "<": 20, "<=": 20, ">": 20, ">=": 20, "in": 20,
		"+": 30, "-": 30, "*": 60, "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
	}
)

var (
	comparisons = []string{"<", "<=", ">", ">="}
	keywords    = []string{"not", "in", "or", "and", "let", "if", "else"}
)

// A form says what a function takes besides a list.
type form struct{ predicate, optional, start bool }

// forms are the functions that look at the elements of a list one by one.
var forms = map[string]form{
	"all": {predicate: true}, "any": {predicate: true}, "none": {predicate: true}, "one": {predicate: true},
	"filter": {predicate: true}, "map": {predicate: true}, "find": {predicate: true}, "findLast": {predicate: true},
	"count": {predicate: true, optional: true}, "sum": {predicate: true, optional: true},
	"reduce": {predicate: true, start: true},
}

// A parser makes nodes of tokens. After the first failure all that is left of the
// tokens is their ending.
type parser struct {
	tokens   []token // of which the first is the next one
	triggers map[string]bool
	depth    int // of predicates
	failure  *failure
}

// parse returns what an expression consists of. Functions that are named like a
// trigger are hidden.
func parse(source string, triggers map[string]bool) (*node, *failure) {
	tokens, f := scan(source)
	if f != nil {
		return nil, f
	}
	p := &parser{tokens: tokens, triggers: triggers}
	root := p.expression(0)
	p.accept(";")
	if p.tokens[0].kind != ending {
		p.unexpected()
	}
	return root, p.failure
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.failure == nil {
		p.failure = failAt(at, format, args...)
	}
	p.tokens = p.tokens[len(p.tokens)-1:]
}

func (p *parser) unexpected() { p.fail(p.tokens[0].at, "unexpected %s", p.tokens[0].describe()) }

// take returns the next token and goes on to the one after it.
func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != ending {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is this one.
func (p *parser) accept(text string) bool {
	if !p.tokens[0].is(text) {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.unexpected()
	}
}

// expectWord takes a name.
func (p *parser) expectWord() token {
	t := p.tokens[0]
	if t.kind != word || slices.Contains(keywords, t.text) {
		p.unexpected()
		return t
	}
	return p.take()
}

// expression parses all that is bound at least as strongly as that.
func (p *parser) expression(power int) *node {
	if power == 0 && p.accept("let") {
		return p.declaration()
	}
	if power == 0 && p.accept("if") {
		return p.ifElse()
	}
	left := p.primary()
	for before := ""; ; {
		t := p.tokens[0]
		negated := t.is("not")
		if negated {
			if t = p.tokens[1]; !t.is("in") {
				p.fail(t.at, "unexpected %s", t.describe())
			}
		}
		its, ok := infixes[t.text]
		if !ok || t.kind != symbol && t.kind != word || its < power || p.failure != nil {
			break
		}
		if negated {
			p.take()
		}
		p.take()
		switch {
		case t.text == "|":
			left = p.call(p.expectWord(), []*node{left}, true)
		case before == "??" && t.text != "??":
			p.fail(t.at, "?? and %s cannot stand side by side: put one of them in parentheses", t.text)
		case slices.Contains(comparisons, t.text):
			left = p.comparison(left, t)
		case t.text == "**" || t.text == "^":
			left = &node{kind: binary, at: t.at, name: t.text, parts: []*node{left, p.expression(its)}}
		default:
			left = &node{kind: binary, at: t.at, name: t.text, parts: []*node{left, p.expression(its + 1)}}
		}
		if negated {
			left = &node{kind: unary, at: t.at, name: "not", parts: []*node{left}}
		}
		before = t.text
	}
	if p.tokens[0].is("..") {
		p.fail(p.tokens[0].at, "a range has no place in a formula")
	}
	if power == 0 {
		return p.choice(left)
	}
	return left
}

// comparison parses a < b < c, which is a < b and b < c.
func (p *parser) comparison(left *node, operator token) (all *node) {
	for {
		right := p.expression(infixes["<"] + 1)
		one := &node{kind: binary, at: operator.at, name: operator.text, parts: []*node{left, right}}
		if all == nil {
			all = one
		} else {
			all = &node{kind: binary, at: operator.at, name: "and", parts: []*node{all, one}}
		}
		if operator = p.tokens[0]; operator.kind != symbol || !slices.Contains(comparisons, operator.text) {
			return all
		}
		p.take()
		left = right
	}
}

func (p *parser) declaration() *node {
	name := p.expectWord()
	p.expect("=")
	value := p.expression(0)
	p.expect(";")
	return &node{kind: declaration, at: name.at, name: name.text, parts: []*node{value, p.expression(0)}}
}

func (p *parser) ifElse() *node {
	n := &node{kind: choice, at: p.tokens[0].at}
	n.parts = append(n.parts, p.expression(0), p.block())
	p.expect("else")
	if p.accept("if") {
		n.parts = append(n.parts, p.ifElse())
	} else {
		n.parts = append(n.parts, p.block())
	}
	return n
}

func (p *parser) block() *node {
	p.expect("{")
	n := p.expression(0)
	p.expect("}")
	return n
}

// choice parses condition ? a : b, and condition ?: b.
func (p *parser) choice(n *node) *node {
	for p.tokens[0].is("?") {
		at := p.take().at
		yes := n
		if !p.accept(":") {
			yes = p.expression(0)
			p.expect(":")
		}
		n = &node{kind: choice, at: at, parts: []*node{n, yes, p.expression(0)}}
	}
	return n
}

func (p *parser) primary() *node {
	t := p.take()
	n := &node{at: t.at, name: t.text}
	power, prefix := prefixes[t.text]
	switch {
	case prefix && t.kind != text:
		n.kind, n.parts = unary, []*node{p.expression(power)}
	case t.is("("):
		n = p.expression(0)
		p.expect(")")
	case t.kind == element && p.depth > 0:
		n.kind = pointer
	case t.is("::"):
		n = p.call(p.expectWord(), nil, false)
	case t.kind == digits:
		n.value = p.number(t)
	case t.kind == text:
		p.fail(t.at, "text has no place in a formula")
	case t.is("["):
		n.kind, n.parts = listing, p.list("]", nil)
	case t.is("{"):
		p.fail(t.at, "a formula computes with numbers and lists of numbers, and nothing else")
	case t.kind == word && !slices.Contains(keywords, t.text):
		n = p.word(t)
	default:
		p.fail(t.at, "unexpected %s", t.describe())
	}
	if after := p.tokens[0]; after.is(".") || after.is("?.") || after.is("[") {
		p.fail(after.at, `only $env has members: write $env["name"] for a trigger`)
	}
	return n
}

// word parses what begins with a name.
func (p *parser) word(t token) *node {
	n := &node{at: t.at}
	switch {
	case t.text == "true" || t.text == "false":
		n.value = truth(t.text == "true")
	case t.text == "nil":
	case t.text == "$env":
		n.kind, n.name = named, p.member(t.at)
	case p.tokens[0].is("("):
		return p.call(t, nil, true)
	default:
		n.kind, n.name = named, t.text
	}
	return n
}

// member parses ["name"] and .name after $env, which is at a place.
func (p *parser) member(at int) string {
	switch {
	case p.accept("."):
		return p.expectWord().text
	case p.accept("["):
		if name := p.take(); name.kind == text {
			p.expect("]")
			return name.text
		}
	}
	p.fail(at, `$env is written with the name of a trigger: $env["name"]`)
	return ""
}

func (p *parser) number(t token) value {
	plain := strings.ReplaceAll(t.text, "_", "")
	based := len(plain) > 1 && plain[0] == '0' && strings.ContainsRune("xXoObB", rune(plain[1]))
	if !based && strings.ContainsAny(plain, ".eE") {
		f, err := strconv.ParseFloat(plain, 64)
		if err != nil {
			p.fail(t.at, "%s is not a number", t.text)
		}
		return fractionOf(f)
	}
	base := 10
	if based {
		base = 0
	}
	i, err := strconv.ParseInt(plain, base, strconv.IntSize)
	if err != nil {
		p.fail(t.at, "%s is not a number", t.text)
	}
	return integerOf(int(i))
}

// list parses what stands between commas up to a bracket, after what there is
// already.
func (p *parser) list(bracket string, parts []*node) []*node {
	for !p.tokens[0].is(bracket) && p.failure == nil {
		parts = append(parts, p.expression(0))
		if !p.accept(",") {
			break
		}
	}
	p.expect(bracket)
	return parts
}

// call parses what follows the name of a function. With a pipe, the first
// argument stood before that.
func (p *parser) call(name token, piped []*node, mayHide bool) *node {
	n := &node{kind: call, at: name.at, name: name.text, parts: piped}
	p.expect("(")
	its := forms[name.text]
	switch {
	case mayHide && p.triggers[name.text] || !slices.Contains(functions, name.text):
		n.kind, n.parts = unknownCall, p.list(")", piped)
	case !its.predicate:
		n.parts = p.list(")", piped)
	default:
		p.elements(n, its)
	}
	return n
}

// elements parses the arguments of a function that looks at the elements of a
// list.
func (p *parser) elements(n *node, its form) {
	if len(n.parts) == 0 {
		n.parts = append(n.parts, p.expression(0))
		if !its.optional || !p.tokens[0].is(")") {
			p.expect(",")
		}
	}
	if !its.optional || !p.tokens[0].is(")") {
		n.parts = append(n.parts, p.predicate())
	}
	if p.accept(",") && its.start && !p.tokens[0].is(")") {
		n.parts = append(n.parts, p.expression(0))
		p.accept(",")
	}
	p.expect(")")
}

func (p *parser) predicate() *node {
	n := &node{kind: predicate, at: p.tokens[0].at}
	p.depth++
	if p.tokens[0].is("{") {
		n.parts = []*node{p.block()}
	} else {
		n.parts = []*node{p.expression(0)}
	}
	p.depth--
	return n
}
