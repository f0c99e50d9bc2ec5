package formula

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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
	source string
	root   *node
	names  []string // the triggers that it names, sorted

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

	known := make(map[string]bool, len(triggers))
	for _, name := range triggers {
		if name != "" {
			known[name] = true
		}
	}
	root, f := parse(source, known)
	if f != nil {
		return nil, f.in(source)
	}
	c := checker{source: source, triggers: known, shapes: make(map[*node]shape)}
	if err := c.check(root); err != nil {
		return nil, err
	}
	t := types{known: make(map[*node]typed)}
	if t.of(root); t.failure != nil {
		return nil, t.failure.in(source)
	}
	slices.Sort(c.used)
	return &formula{
		source:   source,
		root:     root,
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
		readings := make(map[string]float64, len(f.names))
		for _, name := range f.names {
			readings[name] = level
		}
		result, err := f.run(readings)
		if err == nil {
			if _, err := number(result); err != nil {
				return err
			}
			worked = true
			continue
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
	var missing []string
	for _, name := range f.names {
		if _, ok := readings[name]; !ok {
			missing = append(missing, strconv.Quote(name))
		}
	}
	if missing != nil && !f.bearsNil {
		return 0, fmt.Errorf("no reading of %s", strings.Join(missing, ", "))
	}

	result, err := f.run(readings)
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

func (f *formula) run(readings map[string]float64) (value, error) {
	e := evaluation{readings: readings}
	result, failed := e.value(f.root)
	if failed != nil {
		return value{}, failed.in(f.source)
	}
	if result.kind == nothing {
		return value{}, errors.New("results in nil")
	}
	return result, nil
}

// number returns the result of a formula as a float. What is none is a
// condition.
func number(result value) (float64, error) {
	if !result.kind.isNumber() {
		return 0, fmt.Errorf("gives %v, which is not a number; a condition can choose between two: … ? 1 : 0", result)
	}
	return result.float(), nil
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

// in returns the failure as an error that says where in the source it is.
func (f *failure) in(source string) error {
	return fmt.Errorf("%s: %s", position(source, f.at), f.message)
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
