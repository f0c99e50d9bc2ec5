package azureblob

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGlob(t *testing.T) {
	for pattern, c := range map[string]struct {
		literal   string
		match, no []string
	}{
		"a.txt":          {"a.txt", []string{"a.txt"}, []string{"a-txt", "a.txt.gz", "b/a.txt"}},
		"*.txt":          {"", []string{".txt", "a.txt", "in/deep/a.txt", "a\nb.txt"}, []string{"a.txt2"}},
		"in/*/a":         {"in/", []string{"in//a", "in/x/y/a"}, []string{"in/a"}},
		"in/**":          {"in/", []string{"in/", "in/x/y"}, []string{"in"}},
		"/in/?":          {"in/", []string{"in/a", "in//", "in/ä"}, []string{"in/", "in/ab"}},
		"[abc]x[!a-c]":   {"", []string{"axd", "cx!"}, []string{"dxd", "axb"}},
		"[a-]":           {"", []string{"a", "-"}, []string{"b"}},
		`[\]x]`:          {"", []string{"]", "x"}, []string{`\`}},
		"[^a]":           {"", []string{"^", "a"}, []string{"b"}},
		"a{b,c{d,e}}f":   {"a", []string{"abf", "acdf", "acef"}, []string{"acf", "af"}},
		"a,b}c":          {"a,b}c", []string{"a,b}c"}, []string{"a"}},
		`\*\{a.+(b)|$\\`: {`*{a.+(b)|$\`, []string{`*{a.+(b)|$\`}, []string{"xa"}},
		"":               {"", []string{""}, []string{"a"}},
	} {
		t.Run(pattern, func(t *testing.T) {
			g, err := parseGlob(pattern)
			require.NoError(t, err)
			require.Equal(t, c.literal, g.literal)
			names := regexp.MustCompile(g.expression)
			for _, name := range c.match {
				require.True(t, names.MatchString(name), name)
			}
			for _, name := range c.no {
				require.False(t, names.MatchString(name), name)
			}
		})
	}
	for pattern, want := range map[string]string{
		"a[":     "has a [ without its ]",
		"[!":     "has a [ without its ]",
		"[]":     "has an empty set []",
		"[z-a]":  "has a range z-a whose end is before its beginning",
		"a{b,c":  "has a { without its }",
		`a\`:     "ends with a backslash",
		"[a]{b[": "has a [ without its ]",
	} {
		_, err := parseGlob(pattern)
		require.EqualError(t, err, want, pattern)
	}
}
