package formula

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"a + b", "a ?? b", "float(a) > 1 ? 2 : 3", "count([a, b, c], {# > 1}) >= 2 ? 5 : 10",
		"[a, b] | filter(# > 1) | map(# * 2) | sum()", "let x = [a, b]; max(x) + reduce(x, #acc + #, 10)",
		`$env["a-b"] % 3`, "if a > 1 { 2 } else { 3 }", "-a ** 2 ^ 3", "a in [1, 2] and not (b > 3) ? 1 : 2",
		"1..9", "{x: 1}.x", "a[0]", "a?.b", "a.b()", "::max(a, 1)", "#", "a; b", "find([a], # == nil)", "int(a) % int(b)",
		"let a1 = 1; ", "\xff", "a // x", "/* */ a", "0x_", "1e999", "((((", "a[1:2]", "sum([a], #index)", "median([])",
	} {
		f.Add(s, 1.0, 2.0)
	}
	f.Fuzz(func(t *testing.T, expression string, a, b float64) {
		fn, err := Compile(expression, []string{"a", "b", "c", "a-b"})
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		for _, r := range []readings{{"a": a, "b": b, "c": 1, "a-b": 0}, {"a": a, "b": b}, nil} {
			v, err := fn(r)
			if err != nil {
				assert.NotContains(t, err.Error(), "\n")
				assert.Zero(t, v)
				continue
			}
			if !(v >= 0) || math.IsInf(v, 0) {
				t.Fatalf("%s gives %v for %v", expression, v, r)
			}
			again, err := fn(r)
			require.NoError(t, err)
			require.Equal(t, v, again)
		}
	})
}

func BenchmarkValue(b *testing.B) {
	for _, bb := range []struct{ name, expression string }{
		{"sum of two", "a + b"},
		{"substitute", "(a ?? 0) + (b ?? 0)"},
		{"count", "count([a, b, c], # > 1) >= 2 ? 5 : 10"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			f, err := Compile(bb.expression, abc)
			require.NoError(b, err)
			r := readings{"a": 1, "b": 2, "c": 3}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMostExpensive evaluates a formula that is near the bound of steps.
func BenchmarkMostExpensive(b *testing.B) {
	list := "[" + strings.TrimSuffix(strings.Repeat("a,", 135), ",") + "]"
	f, err := Compile("let l = "+list+"; count(l, count(l, # > 1) > 0)", abc)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := f(readings{"a": 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile("count([a, b, c], # > 1) >= 2 ? 5 : 10", abc); err != nil {
			b.Fatal(err)
		}
	}
}
