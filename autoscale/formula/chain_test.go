package formula_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/formula"
)

// Both comparisons of a < b < c have b in them, and each visit of it would be two
// of what is in it in turn.
func TestNestedChainsOfComparisonsAreRefusedAtOnce(t *testing.T) {
	chain := strings.Repeat("1<(", 500) + "1" + strings.Repeat(")<1", 500)
	for _, expression := range []string{chain, "len(map([], " + chain + "))"} {
		_, err := formula.Compile(expression, nil)
		require.Error(t, err)
	}
}
