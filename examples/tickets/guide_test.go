package tickets

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sources are the files that an author of a source writes.
func sources(t *testing.T) string {
	var all strings.Builder
	for _, name := range []string{"tickets.go", "tickets_test.go"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

func TestTheGuideShowsThisSource(t *testing.T) {
	guide, err := os.ReadFile("../../docs/adding-a-source.md")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```")
	shown := 0
	for i := 1; i < len(blocks); i += 2 {
		block, ok := strings.CutPrefix(blocks[i], "go\n")
		require.True(t, ok, "a block that is not Go")
		require.Contains(t, sources(t), block)
		shown++
	}
	require.Equal(t, 5, shown)
}

// A source with TLS, every authentication, batches and its whole test is to stay
// that little work.
func TestASourceIsSixtyLines(t *testing.T) {
	lines := 0
	for line := range strings.Lines(sources(t)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	require.LessOrEqual(t, lines, 60)
}
