package line_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/line"
)

func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		" \r\n\t":               "",
		"access denied":         "access denied",
		"\n a\tb \r\n c\u00a0d": "a b c d",
		"br\xffoken \xc3":       "broken",
	} {
		require.Equal(t, want, line.Of(text), "%q", text)
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{
		"":          "",
		"eight ch":  "eight ch",
		"nine char": "nine …",
		"abcécdefg": "abc …",
		"\xffabc":   "\xffabc",
	} {
		require.Equal(t, want, line.Cut(text, 8), "%q", text)
	}
}
