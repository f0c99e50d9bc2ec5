package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const filed = `
apiVersion: v1
kind: Secret
metadata: {namespace: keda, name: redis}
stringData: {password: hunter3}
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: filed}
spec:
  filePath: team/redis.json
  podIdentity: {provider: gcp}
  secretTargetRef: [{parameter: username, name: none, key: username}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: filed}
spec: {filePath: team/redis.json}
`

// files makes a directory of files that a ClusterTriggerAuthentication may
// read, and one beside it.
func (c *cluster) files(t *testing.T, content string) {
	dir := t.TempDir()
	c.FileRoot = filepath.Join(dir, "root")
	for path, content := range map[string]string{"root/team/redis.json": content, "beside/secret.json": `{"password": "stolen"}`} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600))
	}
}

func TestFileTakesThePlaceOfOtherSources(t *testing.T) {
	c := newCluster(t, filed)
	c.files(t, `{"password": "hunter2", "port": 6379}`)
	resolved := c.resolve(t, using("ClusterTriggerAuthentication/filed"))
	require.Equal(t, values{"password": "hunter2", "port": "6379"}, revealed(resolved.Spec.Auth))
	require.Equal(t, "gcp", resolved.Spec.Identity.Provider)
	require.Equal(t, c.now.Add(time.Minute), resolved.Expires, "nobody watches it")
}

func TestFilesThatCannotBeRead(t *testing.T) {
	const about = `redis trigger "orders": ClusterTriggerAuthentication filed: filePath: `
	c := newCluster(t, filed)
	require.Equal(t, about+"the operator reads no files: start it with --filepath-auth-root-path", c.fail(t, using("ClusterTriggerAuthentication/filed")))
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/filed: filePath: only a ClusterTriggerAuthentication may read files of the operator`,
		c.fail(t, using("filed")))

	for content, want := range map[string]string{
		`{"password": hunter2}`: "team/redis.json below ROOT is not a JSON object of parameters",
		`["hunter2"]`:           "team/redis.json below ROOT is not a JSON object of parameters",
		`{"b": null, "a": null}`: `team/redis.json: its key "a" is null` + "\n" +
			about + `team/redis.json: its key "b" is null`,
		string(make([]byte, 2<<20)): "team/redis.json below ROOT: it has more than 1048576 bytes",
	} {
		c.files(t, content)
		require.Equal(t, about+strings.ReplaceAll(want, "ROOT", c.FileRoot), c.fail(t, using("ClusterTriggerAuthentication/filed")))
	}

	require.NoError(t, os.Remove(filepath.Join(c.FileRoot, "team/redis.json")))
	require.Equal(t, about+strings.ReplaceAll("team/redis.json below ROOT: openat team/redis.json: no such file or directory", "ROOT", c.FileRoot), c.fail(t, using("ClusterTriggerAuthentication/filed")))
	c.FileRoot = filepath.Join(c.FileRoot, "none")
	require.Equal(t, about+strings.ReplaceAll("open ROOT: no such file or directory", "ROOT", c.FileRoot), c.fail(t, using("ClusterTriggerAuthentication/filed")))
}

func TestNoPathLeadsOutOfTheDirectory(t *testing.T) {
	c := newCluster(t, filed)
	c.files(t, `{"password": "hunter2"}`)
	for _, path := range []string{"../beside/secret.json", "team/../../beside/secret.json", "/etc/passwd"} {
		cta := &v1alpha1.ClusterTriggerAuthentication{ObjectMeta: meta("", "filed"), Spec: v1alpha1.TriggerAuthenticationSpec{FilePath: path}}
		c.put(t, cta)
		require.Equal(t, `redis trigger "orders": ClusterTriggerAuthentication filed: filePath: "`+path+`" is not a relative path without ..`,
			c.fail(t, using("ClusterTriggerAuthentication/filed")))
	}
}

func TestSymbolicLinks(t *testing.T) {
	c := newCluster(t, filed)
	c.files(t, "")
	link := filepath.Join(c.FileRoot, "team/redis.json")

	// This is how Kubernetes mounts a Secret.
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Mkdir(filepath.Join(c.FileRoot, "team/..2026"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(c.FileRoot, "team/..2026/redis.json"), []byte(`{"password": "hunter2"}`), 0o600))
	require.NoError(t, os.Symlink("..2026", filepath.Join(c.FileRoot, "team/..data")))
	require.NoError(t, os.Symlink("..data/redis.json", link))
	require.Equal(t, values{"password": "hunter2"}, revealed(c.resolve(t, using("ClusterTriggerAuthentication/filed")).Spec.Auth))

	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink("../../beside/secret.json", link))
	require.Equal(t, strings.ReplaceAll(`redis trigger "orders": ClusterTriggerAuthentication filed: filePath: team/redis.json below ROOT: openat team/redis.json: path escapes from parent`, "ROOT", c.FileRoot),
		c.fail(t, using("ClusterTriggerAuthentication/filed")))
}
