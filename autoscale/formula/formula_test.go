package formula

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type readings = map[string]float64

var abc = []string{"a", "b", "c"}

func TestValue(t *testing.T) {
	for _, tt := range []struct {
		name       string
		expression string
		readings   readings
		want       float64
	}{
		{"readings add up", "a + b", readings{"a": 1, "b": 2.5}, 3.5},
		{"a whole number counts as a number", "7", nil, 7},
		{"a formula that begins with float( chooses between whole numbers", "float(a) > 1 ? 2 : 3", readings{"a": 5}, 2},
		{"a condition may be written with if", "if a > 1 { 2 } else { 3 }", readings{"a": 1}, 3},
		{"division gives a fraction", "int(a) / 2", readings{"a": 5}, 2.5},
		{"a comment at the end hides nothing", "a // the queue", readings{"a": 5}, 5},
		{"an intermediate result has a name", "let x = a / b; x * x", readings{"a": 6, "b": 2}, 9},
		{"the largest counts", "max(a, b, c)", readings{"a": 1, "b": 3, "c": 2}, 3},
		{"the largest of a list counts", "max([a, b, c])", readings{"a": 1, "b": 3, "c": 2}, 3},
		{"lists go through a pipe", "[a, b] | filter(# > 1) | map(# * 2) | sum()", readings{"a": 1, "b": 3}, 6},
		{"a list has a name", "let xs = [a, b, c]; sum(xs) / len(xs)", readings{"a": 1, "b": 3, "c": 2}, 2},
		{"KEDA's example of two out of three", "count([a, b, c], {# > 1}) >= 2 ? 5 : 10", readings{"a": 1, "b": 3, "c": 2}, 5},
		{"a list is folded", "reduce([a, b], #acc + #, 10)", readings{"a": 1, "b": 3}, 14},
		{"a number is looked up in a list", "a in [1, 2] ? 10 : 20", readings{"a": 2}, 10},
		{"a number is looked up in a named list", "let small = [1, 2]; a not in small ? 10 : 20", readings{"a": 2}, 20},
		{"a name with a dash is written with $env", `$env["a-b"] * 2`, readings{"a-b": 4}, 8},
		{"a trigger that hides a function leaves it reachable", "::max(min, 5)", readings{"min": 4}, 5},

		{"a reading stands before its substitute", "a ?? b", readings{"a": 1, "b": 2}, 1},
		{"zero is a reading", "a ?? b", readings{"a": 0, "b": 2}, 0},
		{"a substitute stands for a missing reading", "a ?? b", readings{"b": 2}, 2},
		{"a substitute needs no reading", "(a ?? 0) + b", readings{"b": 2}, 2},
		{"a missing reading is equal to nil", "a == nil ? 50 : a", nil, 50},
		{"the list of those that are there", "[a, b, c] | filter(# != nil) | max()", readings{"b": 2, "c": 9}, 9},
		{"a missing reading that is not named does not matter", "a", readings{"a": 1}, 1},

		{"the value is cut to three decimals", "a / 3", readings{"a": 2}, 0.666},
		{"the value is cut and not rounded", "a", readings{"a": 1.9999}, 1.999},
		{"a negative zero is zero", "-a", readings{"a": 0}, 0},
		{"the largest number stays", "a", readings{"a": math.MaxFloat64}, math.MaxFloat64},
		{"a negative intermediate result may be bounded", "max(a - b, 0)", readings{"a": 1, "b": 9}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Compile(tt.expression, append([]string{"a-b", "min", ""}, abc...))
			require.NoError(t, err)
			got, err := f(tt.readings)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.False(t, math.Signbit(got))
		})
	}
}

func TestValueErrors(t *testing.T) {
	for _, tt := range []struct {
		name       string
		expression string
		readings   readings
		want       string
	}{
		{
			"a missing reading is named", "a + b", readings{"a": 1},
			`formula "a + b": no reading of "b"`,
		},
		{
			"all missing readings are named", "c - a > 1 ? b : 2", readings{"c": 1},
			`formula "c - a > 1 ? b : 2": no reading of "a", "b"`,
		},
		{
			"a missing reading that is compared with a number is no value", "a == 0 ? 0 : 5", nil,
			`formula "a == 0 ? 0 : 5": no reading of "a"`,
		},
		{
			"both are missing", "a ?? b", readings{"c": 1},
			`formula "a ?? b": results in nil; no reading of "a", "b"`,
		},
		{
			"nil where a number is needed", "(a ?? 0) + b", readings{"a": 1},
			`formula "(a ?? 0) + b": column 10: invalid operation: float64 + <nil>; no reading of "b"`,
		},
		{
			"nil among the arguments of a function", "max(a, b, c ?? 1)", readings{"a": 1, "c": 1},
			`formula "max(a, b, c ?? 1)": column 1: invalid argument for max (type <nil>); no reading of "b"`,
		},
		{
			"a negative value", "a - b", readings{"a": 1, "b": 3},
			`formula "a - b": gives -2, which is below zero`,
		},
		{
			"a value that is a little below zero is not cut to zero", "-a", readings{"a": 0.0001},
			`formula "-a": gives -0.0001, which is below zero`,
		},
		{
			"a division by zero", "a / b", readings{"a": 1, "b": 0},
			`formula "a / b": gives +Inf, which is not a finite number`,
		},
		{
			"a division of zero by zero", "a / b", readings{"a": 0, "b": 0},
			`formula "a / b": gives NaN, which is not a finite number`,
		},
		{
			"an overflow", "a ** 9", readings{"a": 1e300},
			`formula "a ** 9": gives +Inf, which is not a finite number`,
		},
		{
			"an integer division by zero", "int(a) % int(b)", readings{"a": 1, "b": 0.5},
			`formula "int(a) % int(b)": column 8: integer divide by zero`,
		},
		{
			"an empty list", "[a, b] | filter(# > 5) | max()", readings{"a": 1, "b": 3},
			`formula "[a, b] | filter(# > 5) | max()": results in nil`,
		},
		{
			"a type that depends on the reading", "a == 5 ? true : 1", readings{"a": 5},
			`formula "a == 5 ? true : 1": gives true, which is not a number; a condition can choose between two: … ? 1 : 0`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Compile(tt.expression, abc)
			require.NoError(t, err)
			v, err := f(tt.readings)
			assert.EqualError(t, err, tt.want)
			assert.Zero(t, v)
		})
	}
}

func TestCompileErrors(t *testing.T) {
	triggers := []string{"orders", "payments", "orders-eu", ""}
	for _, tt := range []struct {
		name       string
		expression string
		triggers   []string
		want       string
	}{
		{
			"nothing", " ", triggers,
			`formula " ": is empty`,
		},
		{
			"an unknown name", "ordes + 1", triggers,
			`formula "ordes + 1": column 1: unknown name "ordes", did you mean orders?; the triggers are "orders", "orders-eu", "payments"`,
		},
		{
			"all unknown names at once", "max(order, paymnets) * foo", triggers,
			`formula "max(order, paymnets) * foo": column 5: unknown name "order", did you mean orders?; ` +
				`column 12: unknown name "paymnets", did you mean payments?; ` +
				`column 24: unknown name "foo"; the triggers are "orders", "orders-eu", "payments"`,
		},
		{
			"a name without triggers", "orders", nil,
			`formula "orders": column 1: unknown name "orders"; there is no trigger with a name`,
		},
		{
			"a name with a dash", "2 * orders-eu", []string{"orders-eu"},
			`formula "2 * orders-eu": column 5: unknown name "orders", did you mean $env["orders-eu"]?; ` +
				`column 12: unknown name "eu"; the triggers are "orders-eu"`,
		},
		{
			"an unknown name in $env", `$env["order"]`, triggers,
			`formula "$env[\"order\"]": column 1: unknown name "order", did you mean orders?; the triggers are "orders", "orders-eu", "payments"`,
		},
		{
			"all of $env", "len($env)", triggers,
			`formula "len($env)": column 5: $env is written with the name of a trigger: $env["name"]`,
		},
		{
			"a computed name in $env", "$env[orders]", triggers,
			`formula "$env[orders]": column 1: $env is written with the name of a trigger: $env["name"]`,
		},
		{
			"an optional name in $env", `$env?.foo`, triggers,
			`formula "$env?.foo": column 1: $env is written with the name of a trigger: $env["name"]`,
		},
		{
			"a syntax error", "orders + ", triggers,
			`formula "orders + ": column 10: unexpected end of the formula`,
		},
		{
			"a syntax error in a formula of several lines", "let x = 2;\norders $ x", triggers,
			`formula "let x = 2;\norders $ x": line 2 column 8: unexpected "$"`,
		},
		{
			"a type error", "orders + true", triggers,
			`formula "orders + true": column 8: invalid operation: + (mismatched types float64 and bool)`,
		},
		{
			"a condition as the result", "orders > 5", triggers,
			`formula "orders > 5": gives false, which is not a number; a condition can choose between two: … ? 1 : 0`,
		},
		{
			"a condition as the result for a high reading only", "orders > 5 ? true : 1", triggers,
			`formula "orders > 5 ? true : 1": gives true, which is not a number; a condition can choose between two: … ? 1 : 0`,
		},
		{
			"no result", "nil", triggers,
			`formula "nil": results in nil, with every trigger at 1`,
		},
		{
			"a formula that never works", "[orders] | filter(# < 0) | max() + 1", triggers,
			`formula "[orders] | filter(# < 0) | max() + 1": column 34: invalid operation: <nil> + int, with every trigger at 1`,
		},
		{
			"a list as the result", "[orders]", triggers,
			`formula "[orders]": column 1: a list can be given to a function, to in and to let, and to nothing else`,
		},
		{
			"a list in a list", "max([orders, [payments]])", triggers,
			`formula "max([orders, [payments]])": column 14: a list can be given to a function, to in and to let, and to nothing else`,
		},
		{
			"a list in a list by name", "let x = [orders]; max([x, x])", triggers,
			`formula "let x = [orders]; max([x, x])": column 24: a list can be given to a function, to in and to let, and to nothing else; ` +
				`column 27: a list can be given to a function, to in and to let, and to nothing else`,
		},
		{
			"a range", "sum(1..9)", triggers,
			`formula "sum(1..9)": column 6: a range has no place in a formula`,
		},
		{
			"text", `orders == "many" ? 1 : 2`, triggers,
			`formula "orders == \"many\" ? 1 : 2": column 11: text has no place in a formula`,
		},
		{
			"a map", "{x: 1}.x", triggers,
			`formula "{x: 1}.x": column 1: a formula computes with numbers and lists of numbers, and nothing else`,
		},
		{
			"the clock", "now().Hour()", triggers,
			`formula "now().Hour()": column 6: only $env has members: write $env["name"] for a trigger`,
		},
		{
			"a function that is misspelt", "cel(orders)", triggers,
			`formula "cel(orders)": column 1: unknown function "cel", did you mean ceil?`,
		},
		{
			"a function that does not exist", "system(1)", triggers,
			`formula "system(1)": column 1: unknown function "system"; the functions are abs, ceil, floor, round, int, float, ` +
				`max, min, mean, median, sum, len, all, any, none, one, count, filter, find, findLast, map, reduce`,
		},
		{
			"a function that does not compute with numbers", "len(toJSON(orders))", triggers,
			`formula "len(toJSON(orders))": column 5: unknown function "toJSON"; the functions are abs, ceil, floor, round, int, float, ` +
				`max, min, mean, median, sum, len, all, any, none, one, count, filter, find, findLast, map, reduce`,
		},
		{
			"a function that is hidden by a trigger", "max(max, 5)", []string{"max"},
			`formula "max(max, 5)": column 1: "max" is a trigger here; write ::max(…) for the function`,
		},
		{
			"a trigger that is hidden by a variable", "let orders = 1; orders", triggers,
			`formula "let orders = 1; orders": column 5: cannot redeclare orders`,
		},
		{
			"a formula that is too long", "orders" + strings.Repeat("+orders", 600), triggers,
			`formula "` + ("orders" + strings.Repeat("+orders", 600))[:120] + `…": has 4206 bytes, more than 4096`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Compile(tt.expression, tt.triggers)
			assert.EqualError(t, err, tt.want)
			assert.Nil(t, f)
		})
	}
}

// A formula comes from whoever may write a ScaledObject. It must not be able to
// occupy the process.
func TestExpensiveFormulasAreRefused(t *testing.T) {
	list := "[" + strings.TrimSuffix(strings.Repeat("1,", 100), ",") + "]"
	nested := func(depth int) string {
		return "let l = " + list + "; " + strings.Repeat("count(l, ", depth) + "# > 1" + strings.Repeat(") > 0", depth-1) + ")"
	}
	_, err := Compile(nested(2), nil)
	assert.NoError(t, err)
	_, err = Compile(nested(3), nil)
	assert.ErrorContains(t, err, `: may take more than 100000 steps`)
	_, err = Compile(nested(100), nil)
	assert.ErrorContains(t, err, `: may take more than 100000 steps`)

	laughs := "let x0 = [1, 1]; "
	for i := range 40 {
		laughs += fmt.Sprintf("let x%d = [x%d, x%d]; ", i+1, i, i)
	}
	_, err = Compile(laughs+"max(x40)", nil)
	assert.ErrorContains(t, err, "a list can be given to a function")

	_, err = Compile(strings.Repeat("(", 2000)+"1"+strings.Repeat(")", 2000), nil)
	assert.NoError(t, err)
}

func TestFunctionMayBeCalledConcurrently(t *testing.T) {
	f, err := Compile("let xs = [a, b, c]; sum(filter(xs, # > 1)) + reduce(xs, #acc + #, 0) + (a ?? 1)", abc)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				x := float64(i + 2)
				v, err := f(readings{"a": x, "b": x, "c": x})
				assert.NoError(t, err)
				assert.Equal(t, 7*x, v)
			}
		})
	}
	wg.Wait()
}

func TestFunctionLeavesTheReadingsAlone(t *testing.T) {
	f, err := Compile("a + (b ?? 0)", abc)
	require.NoError(t, err)
	r := readings{"a": 1, "other": 2}
	_, err = f(r)
	require.NoError(t, err)
	assert.Equal(t, readings{"a": 1, "other": 2}, r)
}
