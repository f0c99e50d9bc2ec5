package httpsource_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheGuideShowsAnExampleThatRuns(t *testing.T) {
	guide, err := os.ReadFile("../../docs/adding-a-source.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```")
	shown := 0
	for i := 1; i < len(blocks); i += 2 {
		block, ok := strings.CutPrefix(blocks[i], "go\n")
		require.True(t, ok, "a block that is not Go")
		require.Contains(t, string(example), block)
		shown++
	}
	require.Equal(t, 3, shown)
}
