package formula

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/internal/spelling"
)

// functions are those of the language that compute with numbers.
var functions = []string{
	"abs", "ceil", "floor", "round", "int", "float",
	"max", "min", "mean", "median", "sum", "len",
	"all", "any", "none", "one", "count", "filter", "find", "findLast", "map", "reduce",
}

// maxSteps bounds the work of one evaluation.
const maxSteps = 100_000

// A checker decides whether a parsed expression belongs to the language. It
// holds back what would let a small formula do an unbounded amount of work:
// text and lists of lists can double with every step, and ranges are as long
// as somebody says. What is left is a number, nil or a list of those, of a
// length that is known beforehand, and so the number of steps is known too.
type checker struct {
	source   string
	triggers map[string]bool

	shapes   map[*node]shape // of what was visited: of a < b < c, b is met twice
	scope    []variable      // the let variables in scope
	used     []string        // the triggers that are named
	bearsNil bool            // there is ?? or nil
	unknown  bool            // there is an unknown name
	problems []string
}

// A variable is made by let.
type variable struct {
	name string
	is   shape
}

// A shape is what is known of a part of the expression.
type shape struct {
	list   bool
	length int // of a list, at most
	steps  int // that its evaluation takes, at most
}

func (c *checker) check(root *node) error {
	steps := c.scalar(root).steps
	if c.unknown {
		c.problems = append(c.problems, c.inventory())
	}
	if c.problems == nil && steps > maxSteps {
		c.problems = append(c.problems, fmt.Sprintf("may take more than %d steps", maxSteps))
	}
	if c.problems != nil {
		return errors.New(strings.Join(c.problems, "; "))
	}
	return nil
}

func (c *checker) problem(at *node, format string, args ...any) {
	c.problems = append(c.problems, position(c.source, at.at)+": "+fmt.Sprintf(format, args...))
}

// scalar visits a node that must not be a list.
func (c *checker) scalar(n *node) shape {
	s := c.visit(n)
	if s.list {
		c.problem(n, "a list can be given to a function, to in and to let, and to nothing else")
	}
	return s
}

// visit returns the shape of n. Its steps are not counted further than it takes
// to know that they are too many, so that they cannot overflow.
func (c *checker) visit(n *node) shape {
	s, ok := c.shapes[n]
	if !ok {
		s = c.shapeOf(n)
		s.steps = min(s.steps+1, maxSteps+1)
		c.shapes[n] = s
	}
	return s
}

func (c *checker) shapeOf(n *node) shape {
	switch n.kind {
	case literal:
		c.bearsNil = c.bearsNil || n.value.kind == nothing
		return shape{}
	case named:
		return c.named(n)
	case binary:
		return c.binary(n)
	case unary, choice, predicate:
		return shape{steps: c.scalars(n.parts)}
	case listing:
		return shape{list: true, length: len(n.parts), steps: c.scalars(n.parts)}
	case declaration:
		c.redeclared(n)
		value := c.visit(n.parts[0])
		c.scope = append(c.scope, variable{n.name, value})
		s := c.visit(n.parts[1])
		c.scope = c.scope[:len(c.scope)-1]
		s.steps += value.steps
		return s
	case call:
		return c.call(n)
	case unknownCall:
		c.notAFunction(n)
	}
	return shape{}
}

// scalars visits nodes that must not be lists, and returns their steps.
func (c *checker) scalars(of []*node) (steps int) {
	for _, n := range of {
		steps += c.scalar(n).steps
	}
	return steps
}

func (c *checker) named(n *node) shape {
	for _, v := range slices.Backward(c.scope) {
		if v.name == n.name {
			return shape{list: v.is.list, length: v.is.length}
		}
	}
	c.name(n)
	return shape{}
}

// redeclared is for let with a name that means something else already.
func (c *checker) redeclared(n *node) {
	taken := func(v variable) bool { return v.name == n.name }
	if c.triggers[n.name] || slices.Contains(functions, n.name) || slices.ContainsFunc(c.scope, taken) {
		c.problem(n, "cannot redeclare %s", n.name)
	}
}

// name notes the use of a trigger.
func (c *checker) name(n *node) {
	if c.triggers[n.name] {
		c.used = append(c.used, n.name)
		return
	}
	c.unknown = true
	if s := c.suggestion(n); s != "" {
		c.problem(n, "unknown name %q, did you mean %s?", n.name, s)
		return
	}
	c.problem(n, "unknown name %q", n.name)
}

// suggestion returns what to write instead of an unknown name, or "".
func (c *checker) suggestion(n *node) string {
	names := slices.Sorted(maps.Keys(c.triggers))
	// A name with a dash reads as a subtraction that begins with its first part.
	rest := string([]rune(c.source)[n.at:])
	for _, t := range names {
		if strings.HasPrefix(t, n.name) && strings.HasPrefix(rest, t) {
			return fmt.Sprintf("$env[%q]", t)
		}
	}
	return spelling.Nearest(n.name, names)
}

// inventory lists the triggers.
func (c *checker) inventory() string {
	if len(c.triggers) == 0 {
		return "there is no trigger with a name"
	}
	names := slices.Sorted(maps.Keys(c.triggers))
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return "the triggers are " + strings.Join(names, ", ")
}

func (c *checker) binary(n *node) shape {
	left := c.scalar(n.parts[0])
	switch n.name {
	case "in":
		right := c.visit(n.parts[1])
		return shape{steps: left.steps + right.steps + right.length}
	case "??":
		c.bearsNil = true
	}
	return shape{steps: left.steps + c.scalar(n.parts[1]).steps}
}

// call returns the shape of a call of a function of the language.
func (c *checker) call(n *node) shape {
	s := shape{list: n.name == "filter" || n.name == "map"}
	for i, arg := range n.parts {
		if arg.kind == predicate {
			s.steps += s.length * c.visit(arg).steps
			continue
		}
		var a shape
		if n.name == "reduce" && i > 0 {
			a = c.scalar(arg) // what the sum begins with
		} else {
			a = c.visit(arg)
		}
		s.length += a.length
		s.steps += a.steps + a.length
	}
	return s
}

// notAFunction is for the call of an unknown function, or of a trigger.
func (c *checker) notAFunction(n *node) {
	if c.triggers[n.name] && slices.Contains(functions, n.name) {
		c.problem(n, "%q is a trigger here; write ::%s(…) for the function", n.name, n.name)
		return
	}
	if s := spelling.Nearest(n.name, functions); s != "" {
		c.problem(n, "unknown function %q, did you mean %s?", n.name, s)
		return
	}
	c.problem(n, "unknown function %q; the functions are %s", n.name, strings.Join(functions, ", "))
}
