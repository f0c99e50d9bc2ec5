package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

// written writes a file and returns its name.
func written(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestCredentialsAreReadFromAFile(t *testing.T) {
	t.Setenv("REDIS_PASSWORD", "from the environment")
	key := written(t, "key", "from a file\n")
	known, err := readVault(written(t, "credentials.yaml", `
credentials:
- namespace: shop
  name: redis
  parameters:
    username: written here
    password: {env: REDIS_PASSWORD}
    key: {file: `+key+`}
- namespace: mail
  name: redis
  identity: {provider: aws}
`))
	require.NoError(t, err)
	require.Len(t, known, 2)
	require.Equal(t, scalerkit.Secrets(values{
		"username": "written here", "password": "from the environment", "key": "from a file",
	}), known[scalerkit.Key{Namespace: "shop", Name: "redis"}].auth())
	require.Equal(t, scalerkit.Identity{Provider: "aws"}, known[scalerkit.Key{Namespace: "mail", Name: "redis"}].Identity)

	known, err = readVault("")
	require.NoError(t, err)
	require.Empty(t, known)
	known, err = readVault(written(t, "empty.yaml", ""))
	require.NoError(t, err)
	require.Empty(t, known)
}

func TestMistakesInTheFileAreNamed(t *testing.T) {
	const one = "credentials:\n- name: redis\n  namespace: shop\n"
	for text, want := range map[string]string{
		"credentials:\n- name: redis\n":                                  "number 1 of the credentials: name and namespace are needed",
		one + "- name: redis\n  namespace: shop\n":                       "number 2 of the credentials: shop/redis is there already",
		one + "  paramters: {}\n":                                        "yaml: unmarshal errors:\n  line 4: field paramters not found in type main.credential",
		one + "  parameters: {password: {env: NOT_SET}}\n":               `line 4: environment variable "NOT_SET" is not set`,
		one + "  parameters: {password: {file: /no/such/file}}\n":        "open /no/such/file: no such file or directory",
		one + "  parameters: {password: {value: x}}\n":                   "line 4: give the value of the parameter, its env or its file",
		one + "  parameters: {password: {env: HOME, file: /etc/motd}}\n": "line 4: give the value of the parameter, its env or its file",
		one + "  parameters: {password: [hunter2]}\n":                    "line 4: give the value of the parameter, its env or its file",
	} {
		name := written(t, "credentials.yaml", text)
		_, err := readVault(name)
		require.EqualError(t, err, name+": "+want)
	}
	_, err := readVault("/no/such/file")
	require.EqualError(t, err, "open /no/such/file: no such file or directory")
}
