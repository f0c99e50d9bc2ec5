package strict_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/internal/strict"
)

// The files in testdata have every field that KEDA documents. What the API
// server keeps of them, and what the types do, is all of it and no more.
func TestManifestsOfKEDAApplyUnmodified(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			manifest, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, document := range strict.Split(manifest) {
				object, err := strict.Decode(document)
				require.NoError(t, err)
				kept, err := yaml.Marshal(object)
				require.NoError(t, err)
				require.Equal(t, parse(t, document), parse(t, kept))
			}
		})
	}
}

// parse returns a document without what is empty, as structs without content
// are that JSON leaves in.
func parse(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, yaml.Unmarshal(document, &object))
	return withoutEmpty(object).(map[string]any)
}

func withoutEmpty(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			v = withoutEmpty(v)
			if m, ok := v.(map[string]any); v == nil || v == "" || ok && len(m) == 0 {
				delete(value, key)
			}
		}
	case []any:
		for _, v := range value {
			withoutEmpty(v)
		}
	}
	return value
}
