package spelling_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/spelling"
)

func TestTheNearestNameIsFound(t *testing.T) {
	names := []string{"queueName", "queueLength", "mode", "a"}
	for text, want := range map[string]string{
		"queuename":               "queueName",
		"queueLenght":             "queueLength",
		"mod":                     "mode",
		"b":                       "", // one letter is no likeness
		"":                        "",
		"password":                "",
		strings.Repeat("x", 1000): "",
	} {
		require.Equal(t, want, spelling.Nearest(text, names), text)
	}
}
