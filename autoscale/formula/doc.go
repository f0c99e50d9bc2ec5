// Package formula compiles scalingModifiers expressions, with which KEDA makes
// one value of the readings of several triggers, for
// [github.com/scalerkit/scalerkit/autoscale.Combine]:
//
//	f, err := formula.Compile("max(orders, payments) + (refunds ?? 0)",
//		[]string{"orders", "payments", "refunds"})
//	policy.Combine = &autoscale.Combine{Func: f, Target: target}
//
// # Language
//
// Expressions are written in the language of github.com/expr-lang/expr, which is
// KEDA's, in the part of it that computes with numbers:
//
//	orders, $env["orders-eu"]        the reading of a trigger, a float
//	1, 0.5, 1e3, true, nil           literals
//	+ - * / % ** ^                   arithmetic; / always gives a fraction
//	== != < <= > >=                  comparison
//	and or not && || !               logic
//	a ?? b                           b where a has no reading
//	c ? a : b, if c { a } else { b } choice
//	let x = a / b; x * x             a name for an intermediate result
//	[a, b, c], a in [1, 2]           lists of numbers
//	a | max(b)                       the same as max(a, b)
//
// Functions of numbers are abs, ceil, floor, round, int and float. Those of
// numbers and lists are max, min, mean, median, sum and len. Those with a
// condition or an expression, in which # stands for the element, are all, any,
// none, one, count, filter, find, findLast, map, sum and reduce:
//
//	count([orders, payments, refunds], # > 100) >= 2 ? 20 : 2
//
// There is no text, no date and no clock: the value of a formula depends on the
// readings and on nothing else. A source of type cron says what time it is.
//
// A trigger whose name is not a word of the language, because there is a dash
// in it, is written $env["its-name"]. A trigger that is named like a function
// hides it; the function is then written ::max(a, b).
//
// # Missing readings
//
// A trigger that could not be read is nil in the formula.
// A formula that contains neither ?? nor nil needs every trigger that it names:
// it has no value while one of them has no reading. Otherwise it is evaluated,
// and has no value if it meets nil where it needs a number or if it results in
// nil. Comparing with == and != is the exception: nil is equal to nil and
// different from every number.
//
// # Limits
//
// Compile accepts a formula only if it cannot take more than 100,000 steps of
// evaluation, whatever the readings are, which is a few milliseconds. For that,
// it has at most 4096 bytes, lists do not contain lists, and there are no
// ranges (1..9). Nothing outside the formula can be reached.
//
// The language is evaluated here, and not by its own module, since that looks up
// methods by name: the linker then has to keep every exported method of every type
// in the program, which makes one with many clients a third larger, in memory too.
package formula
