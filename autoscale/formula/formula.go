package formula

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Compile returns a function that evaluates expression, for Combine.Func of
// package autoscale. The triggers are the names that the expression may use;
// empty names are passed over, since they cannot be written.
//
// All unknown names and everything that is not part of the language are
// reported in one error, with the place in the expression, the name that was
// probably meant, and the names that there are. An expression that passes is
// tried with every trigger at 1, at 0 and at 1,000,000. It must give a number
// in one of these trials, and nothing but numbers in all that do not fail.
//
// The function takes the readings by trigger name; triggers without a reading
// are absent. Its result is finite, at least 0, and cut to three decimals, the
// precision of the Kubernetes metrics API. Instead of a result it returns an
// error if a reading is missing that the formula needs, which the error names,
// if the value is negative, infinite or not a number, and if the evaluation
// fails, for example in an integer division by zero. It does not change the
// map, and may be called concurrently.
func Compile(expression string, triggers []string) (func(readings map[string]float64) (float64, error), error) {
	f, err := compile(expression, triggers)
	if err != nil {
		return nil, fmt.Errorf("formula %s: %w", quote(expression), err)
	}
	if err := f.try(); err != nil {
		return nil, fmt.Errorf("formula %s: %w", quote(expression), err)
	}
	return func(readings map[string]float64) (float64, error) {
		v, err := f.value(readings)
		if err != nil {
			return 0, fmt.Errorf("formula %s: %w", quote(expression), err)
		}
		return v, nil
	}, nil
}

// maxLength bounds the size of an expression, and with it the depth to which
// it is nested.
const maxLength = 4096

// A formula is an expression that was compiled. It does not change.
type formula struct {
	source  string
	program *vm.Program
	names   []string // the triggers that it names, sorted

	// bearsNil says that the expression has something to say for the case that
	// a reading is missing.
	bearsNil bool
}

func compile(source string, triggers []string) (*formula, error) {
	if strings.TrimSpace(source) == "" {
		return nil, errors.New("is empty")
	}
	if len(source) > maxLength {
		return nil, fmt.Errorf("has %d bytes, more than %d", len(source), maxLength)
	}

	// The types of the variables. At run time they may be nil as well.
	env := make(map[string]any, len(triggers))
	for _, name := range triggers {
		if name != "" {
			env[name] = 0.0
		}
	}
	tree, err := parser.ParseWithConfig(source, conf.New(env))
	if err != nil {
		return nil, oneLine(err, source)
	}
	c := checker{source: source, triggers: env}
	if err := c.check(tree.Node); err != nil {
		return nil, err
	}

	// Optimizing would save little in expressions of this size, and it
	// evaluates parts of them before they are known to be sound.
	program, err := expr.Compile(source, expr.Env(env), expr.Optimize(false))
	if err != nil {
		return nil, oneLine(err, source)
	}
	slices.Sort(c.used)
	return &formula{
		source:   source,
		program:  program,
		names:    slices.Compact(c.used),
		bearsNil: c.bearsNil,
	}, nil
}

// try evaluates the formula for a few readings. One that gives true is wrong
// whatever the readings are. One that fails may work for others: it is only
// refused if it always fails.
func (f *formula) try() error {
	var first error
	var worked bool
	for _, level := range []float64{1, 0, 1e6} {
		env := make(map[string]any, len(f.names))
		for _, name := range f.names {
			env[name] = level
		}
		result, err := f.run(env)
		if err == nil && result != nil {
			if _, err := number(result); err != nil {
				return err
			}
			worked = true
			continue
		}
		if err == nil {
			err = errors.New("results in nil")
		}
		if first == nil {
			first = fmt.Errorf("%w, with every trigger at %v", err, level)
		}
	}
	if worked {
		return nil
	}
	return first
}

// value evaluates the formula.
func (f *formula) value(readings map[string]float64) (float64, error) {
	env := make(map[string]any, len(f.names))
	var missing []string
	for _, name := range f.names {
		if v, ok := readings[name]; ok {
			env[name] = v
		} else {
			missing = append(missing, strconv.Quote(name))
		}
	}
	if missing != nil && !f.bearsNil {
		return 0, fmt.Errorf("no reading of %s", strings.Join(missing, ", "))
	}

	result, err := f.run(env)
	if err == nil && result == nil {
		err = errors.New("results in nil")
	}
	if err != nil {
		if missing != nil {
			return 0, fmt.Errorf("%w; no reading of %s", err, strings.Join(missing, ", "))
		}
		return 0, err
	}
	v, err := number(result)
	if err != nil {
		return 0, err
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("gives %v, which is not a finite number", v)
	}
	if v < 0 {
		return 0, fmt.Errorf("gives %v, which is below zero", v)
	}
	return truncate(v), nil
}

func (f *formula) run(env map[string]any) (any, error) {
	result, err := expr.Run(f.program, env)
	if err != nil {
		return nil, oneLine(err, f.source)
	}
	return result, nil
}

// number returns the result of a formula as a float. Whole numbers come as int
// in the language. What is left is a condition.
func number(result any) (float64, error) {
	switch v := result.(type) {
	case float64:
		return v, nil
	case int:
		return float64(v), nil
	}
	return 0, fmt.Errorf("gives %v, which is not a number; a condition can choose between two: … ? 1 : 0", result)
}

// truncate cuts v to three decimals as KEDA does. It makes +0 of -0.
func truncate(v float64) float64 {
	if m := v * 1000; !math.IsInf(m, 0) {
		return math.Trunc(m)/1000 + 0
	}
	return v // has no decimals at this size
}

// quote shortens a long expression for an error.
func quote(expression string) string {
	const enough = 120
	if runes := []rune(expression); len(runes) > enough {
		expression = string(runes[:enough]) + "…"
	}
	return strconv.Quote(expression)
}

// oneLine returns an error of package expr without the drawing that shows
// where it is: errors end up in events and status fields.
func oneLine(err error, source string) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	return fmt.Errorf("%s: %s", position(source, at.From), at.Message)
}

// position names the place in source that is after a number of runes.
func position(source string, runes int) string {
	before := []rune(source)
	before = before[:min(max(runes, 0), len(before))]
	line, column := 1, 1
	for _, r := range before {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	if strings.ContainsRune(source, '\n') {
		return fmt.Sprintf("line %d column %d", line, column)
	}
	return fmt.Sprintf("column %d", column)
}
