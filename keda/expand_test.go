package keda

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func lookup(name string) (string, bool, error) {
	value, ok := map[string]string{"A": "a", "B": "$(A)", "EMPTY": ""}[name]
	return value, ok, nil
}

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"plain":              "plain",
		"$(A)":               "a",
		"x$(A)y$(A)z":        "xayaz",
		"$(B)":               "$(A)", // once only
		"$(EMPTY)":           "",
		"$(NONE)":            "$(NONE)",
		"$()":                "$()",
		"$$":                 "$",
		"$$$":                "$$",
		"$$$$":               "$$",
		"a$$b":               "a$b",
		"abc$$":              "abc$", // KEDA leaves this
		"$$(A)":              "$(A)",
		"$$$(A)":             "$a",
		"$$$$(A)":            "$$(A)",
		"$A":                 "$A",
		"${A}":               "${A}",
		"$":                  "$",
		"$(A":                "$(A",
		"$(A$$":              "$(A$",
		"$($(A)":             "$($(A)",
		"$(A))":              "a)",
		"(A)":                "(A)",
		"$ (A)":              "$ (A)",
		"$(A\n)":             "$(A\n)",
		"\xff$(A)\xff$(\xff": "\xffa\xff$(\xff",
	} {
		expanded, err := expand(text, lookup)
		require.NoError(t, err)
		require.Equal(t, want, expanded, text)
	}
}

func TestExpandEndsWithTheFirstError(t *testing.T) {
	var asked []string
	_, err := expand("$(A)$(bad)$(C)", func(name string) (string, bool, error) {
		asked = append(asked, name)
		if name == "bad" {
			return "", false, errors.New("bad")
		}
		return "", true, nil
	})
	require.EqualError(t, err, "bad")
	require.Equal(t, []string{"A", "bad"}, asked)
}

// scan does what expand does the long way, as the documentation of Kubernetes
// has it.
func scan(text string) string {
	var out strings.Builder
	for text != "" {
		end := strings.IndexByte(text, ')')
		switch {
		case strings.HasPrefix(text, "$$"):
			out.WriteByte('$')
			text = text[2:]
		case strings.HasPrefix(text, "$(") && end > 0:
			if value, ok, _ := lookup(text[2:end]); ok {
				out.WriteString(value)
			} else {
				out.WriteString(text[:end+1])
			}
			text = text[end+1:]
		default:
			out.WriteByte(text[0])
			text = text[1:]
		}
	}
	return out.String()
}

func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"", "$(A)", "$$(A)$(B", "a$$", "$($(EMPTY))", "\xff$(\xfe)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expanded, err := expand(text, lookup)
		if err != nil {
			t.Fatal(err)
		}
		if want := scan(text); expanded != want {
			t.Errorf("%q is expanded to %q and not to %q", text, expanded, want)
		}
		escaped, err := expand(strings.ReplaceAll(text, "$", "$$"), lookup)
		if err != nil || escaped != text {
			t.Errorf("%q is not what it was after escaping: %q, %v", text, escaped, err)
		}
	})
}
