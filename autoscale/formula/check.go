package formula

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

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
	triggers map[string]any

	scope    []variable // the let variables in scope
	used     []string   // the triggers that are named
	bearsNil bool       // there is ?? or nil
	unknown  bool       // there is an unknown name
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

func (c *checker) check(root ast.Node) error {
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

func (c *checker) problem(at ast.Node, format string, args ...any) {
	c.problems = append(c.problems, position(c.source, at.Location().From)+": "+fmt.Sprintf(format, args...))
}

// scalar visits a node that must not be a list.
func (c *checker) scalar(n ast.Node) shape {
	s := c.visit(n)
	if s.list {
		c.problem(n, "a list can be given to a function, to in and to let, and to nothing else")
	}
	return s
}

// visit returns the shape of n. Its steps are not counted further than it takes
// to know that they are too many, so that they cannot overflow.
func (c *checker) visit(n ast.Node) shape {
	s := c.shapeOf(n)
	s.steps = min(s.steps+1, maxSteps+1)
	return s
}

func (c *checker) shapeOf(n ast.Node) shape {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.PointerNode:
		return shape{}
	case *ast.NilNode:
		c.bearsNil = true
		return shape{}
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return shape{steps: c.scalar(n.Node).steps}
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return shape{steps: c.scalar(n.Cond).steps + c.scalar(n.Exp1).steps + c.scalar(n.Exp2).steps}
	case *ast.ArrayNode:
		s := shape{list: true, length: len(n.Nodes)}
		for _, e := range n.Nodes {
			s.steps += c.scalar(e).steps
		}
		return s
	case *ast.VariableDeclaratorNode:
		value := c.visit(n.Value)
		c.scope = append(c.scope, variable{n.Name, value})
		s := c.visit(n.Expr)
		c.scope = c.scope[:len(c.scope)-1]
		s.steps += value.steps
		return s
	case *ast.BuiltinNode:
		return c.call(n)
	case *ast.CallNode:
		c.notAFunction(n)
		return shape{}
	case *ast.PredicateNode:
		return c.scalar(n.Node)
	case *ast.StringNode, *ast.BytesNode:
		c.problem(n, "text has no place in a formula")
		return shape{}
	}
	c.problem(n, "a formula computes with numbers and lists of numbers, and nothing else")
	return shape{}
}

func (c *checker) identifier(n *ast.IdentifierNode) shape {
	for _, v := range slices.Backward(c.scope) {
		if v.name == n.Value {
			return shape{list: v.is.list, length: v.is.length}
		}
	}
	c.name(n, n.Value)
	return shape{}
}

// member allows $env["name"], and $env.name, which is the same to the parser.
// Nothing else has members.
func (c *checker) member(n *ast.MemberNode) shape {
	base, ok := n.Node.(*ast.IdentifierNode)
	property, named := n.Property.(*ast.StringNode)
	if !ok || base.Value != "$env" || !named || n.Optional || n.Method {
		c.problem(n, `only $env has members: write $env["name"] for a trigger`)
		return shape{}
	}
	c.name(n, property.Value)
	return shape{}
}

// name notes the use of a trigger.
func (c *checker) name(n ast.Node, name string) {
	if _, ok := c.triggers[name]; ok {
		c.used = append(c.used, name)
		return
	}
	if name == "$env" {
		c.problem(n, `$env is written with the name of a trigger: $env["name"]`)
		return
	}
	c.unknown = true
	if s := c.suggestion(n, name); s != "" {
		c.problem(n, "unknown name %q, did you mean %s?", name, s)
		return
	}
	c.problem(n, "unknown name %q", name)
}

// suggestion returns what to write instead of an unknown name, or "".
func (c *checker) suggestion(n ast.Node, name string) string {
	names := slices.Sorted(maps.Keys(c.triggers))
	// A name with a dash reads as a subtraction that begins with its first part.
	rest := string([]rune(c.source)[n.Location().From:])
	for _, t := range names {
		if strings.HasPrefix(t, name) && strings.HasPrefix(rest, t) {
			return fmt.Sprintf("$env[%q]", t)
		}
	}
	return spelling.Nearest(name, names)
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

func (c *checker) binary(n *ast.BinaryNode) shape {
	left := c.scalar(n.Left)
	switch n.Operator {
	case "in":
		right := c.visit(n.Right)
		return shape{steps: left.steps + right.steps + right.length}
	case "..":
		c.problem(n, "a range has no place in a formula")
	case "??":
		c.bearsNil = true
	}
	return shape{steps: left.steps + c.scalar(n.Right).steps}
}

// call returns the shape of a call of a function of the language.
func (c *checker) call(n *ast.BuiltinNode) shape {
	if !slices.Contains(functions, n.Name) {
		c.unknownFunction(n, n.Name)
		return shape{}
	}
	s := shape{list: n.Name == "filter" || n.Name == "map"}
	for i, arg := range n.Arguments {
		if body, ok := arg.(*ast.PredicateNode); ok {
			s.steps += s.length * c.visit(body).steps
			continue
		}
		var a shape
		if n.Name == "reduce" && i > 0 {
			a = c.scalar(arg) // what the sum begins with
		} else {
			a = c.visit(arg)
		}
		s.length += a.length
		s.steps += a.steps + a.length
	}
	return s
}

func (c *checker) notAFunction(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.problem(n, "only functions can be called")
		return
	}
	if _, ok := c.triggers[callee.Value]; ok && slices.Contains(functions, callee.Value) {
		c.problem(n, "%q is a trigger here; write ::%s(…) for the function", callee.Value, callee.Value)
		return
	}
	c.unknownFunction(n, callee.Value)
}

func (c *checker) unknownFunction(n ast.Node, name string) {
	if s := spelling.Nearest(name, functions); s != "" {
		c.problem(n, "unknown function %q, did you mean %s?", name, s)
		return
	}
	c.problem(n, "unknown function %q; the functions are %s", name, strings.Join(functions, ", "))
}
