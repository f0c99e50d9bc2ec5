package formula

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLanguage compares with what github.com/expr-lang/expr 1.17.8 made of the
// same expressions, within the limits of this package, where a is 1, b is 2.5,
// a-b is 7 and c has no reading. The expressions were made at random.
func TestLanguage(t *testing.T) {
	golden, err := os.ReadFile("testdata/expr.txt")
	require.NoError(t, err)
	lines := 0
	for line := range strings.Lines(string(golden)) {
		lines++
		expression, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		f, err := Compile(expression, []string{"a", "b", "c", "a-b"})
		if want == "refused" {
			assert.Error(t, err, expression)
			continue
		}
		require.NoError(t, err)
		got, err := f(readings{"a": 1, "b": 2.5, "a-b": 7})
		require.NoError(t, err)
		assert.Equal(t, want, fmt.Sprint(got), expression)
	}
	assert.Equal(t, 500, lines)
}

func TestSyntax(t *testing.T) {
	for expression, want := range map[string]string{
		"/* a */ 1 /* b":              "column 11: the comment does not end",
		`$env["a`:                     "column 6: the text between quotation marks does not end",
		`$env["\q"]`:                  "column 6: the text between quotation marks is not right",
		"0x_":                         "column 1: 0x_ is not a number",
		"1e999":                       "column 1: 1e999 is not a number",
		"12abc":                       "column 1: 12abc is not a number",
		"99999999999999999999":        "column 1: 99999999999999999999 is not a number",
		"a ?? b + 1":                  "column 8: ?? and + cannot stand side by side: put one of them in parentheses",
		"a not b":                     `column 7: unexpected "b"`,
		"a +":                         "column 4: unexpected end of the formula",
		"# + 1":                       `column 1: unexpected "#"`,
		"count([a], # > 1":            "column 17: unexpected end of the formula",
		"count([a], a > 1; a)":        `column 17: unexpected ";"`,
		"map([a], #foo) | sum()":      "column 10: #foo is not known here",
		"filter([a], #index) | sum()": "column 13: #index is not known here",
		"if a > 1 { 2 }":              "column 15: unexpected end of the formula",
		"let if = 1; 2":               `column 5: unexpected "if"`,
		"let max = 1; max":            "column 5: cannot redeclare max",
		"let x = 1; let x = 2; x":     "column 16: cannot redeclare x",
		"abs(a, b)":                   "column 1: abs takes one argument, and has 2",
		"max()":                       "column 1: max needs an argument",
		"abs([a])":                    "column 1: invalid argument for abs (type list)",
		"len(a)":                      "column 1: invalid argument for len (type float64)",
		"count(a, # > 1)":             "column 7: count takes a list, and this is float64",
		"filter([a], # + 1) | sum()":  "column 13: filter needs a condition, and this is float64",
		"a and b ? 1 : 2":             "column 3: invalid operation: and (mismatched types float64 and float64)",
		"not a ? 1 : 2":               "column 1: invalid operation: not float64",
		"a % 2":                       "column 3: invalid operation: % (mismatched types float64 and int)",
		"a in b ? 1 : 2":              "column 3: invalid operation: in (mismatched types float64 and float64)",
		"true in [a] ? 1 : 2":         "column 6: invalid operation: in (mismatched types bool and list)",
		"a ? 1 : 2":                   "column 1: a condition is float64",
		"-true":                       "column 1: invalid operation: - bool",
	} {
		_, err := Compile(expression, abc)
		assert.EqualError(t, err, fmt.Sprintf("formula %q: %s", expression, want))
	}
}

func TestMissingReadingsInFunctions(t *testing.T) {
	for expression, want := range map[string]string{
		"(a ?? nil) > 1 ? 1 : 2":       "column 12: invalid operation: <nil> > int",
		"find([b > 1], false) ? 1 : 2": "column 1: a condition is <nil>",
		"abs(a ?? nil)":                "column 1: invalid argument for abs (type <nil>)",
		"sum([a ?? nil], #)":           "column 1: invalid argument for sum (type <nil>)",
		"-(a ?? nil)":                  "column 1: invalid operation: - <nil>",
		"reduce(filter([a, 1], # != nil and # > 9), #acc + #)": "column 1: reduce of empty array with no initial value",
	} {
		f, err := compile(expression, abc)
		require.NoError(t, err, expression)
		_, err = f.value(readings{"b": 1})
		if assert.Error(t, err, expression) {
			assert.Contains(t, err.Error(), want)
		}
	}
}
