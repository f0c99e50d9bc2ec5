package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logged returns a line of an audit log about a Deployment's scale.
func logged(verb, code, version, received, ended string) string {
	return `{"verb":"` + verb + `","objectRef":{"resource":"deployments","subresource":"scale"},"responseStatus":{"code":` + code + `},` +
		`"responseObject":{"metadata":{"resourceVersion":"` + version + `"}},` +
		`"requestReceivedTimestamp":"2026-01-02T03:04:` + received + `Z","stageTimestamp":"2026-01-02T03:04:` + ended + `Z"}` + "\n"
}

func TestCalls(t *testing.T) {
	a := audit{path: filepath.Join(t.TempDir(), "audit.log")}
	text := logged("patch", "200", "11", "01.000", "01.100") +
		logged("patch", "200", "12", "01.050", "01.200") + // while the first was under way
		logged("patch", "200", "11", "02.000", "02.100") + // nothing changed
		logged("patch", "409", "", "03.000", "03.100") +
		logged("get", "200", "", "03.000", "03.100") +
		strings.TrimSuffix(logged("get", "200", "", "04.000", "04.100"), "\n") // which is being written
	require.NoError(t, os.WriteFile(a.path, []byte(text), 0o600))
	got, err := a.calls()
	require.NoError(t, err)
	scale := func(verb string) call { return call{verb, "deployments/scale"} }
	at := func(ms int) time.Time { return time.Date(2026, 1, 2, 3, 4, 0, ms*1e6, time.UTC) }
	require.Equal(t, []tally{
		{scale("patch"), 4, 1, 1, at(1000), at(3100)}, {scale("get"), 1, 0, 0, at(3000), at(3100)},
	}, got)

	require.NoError(t, os.WriteFile(a.path, []byte(text+"\n"+logged("patch", "200", "12", "05.000", "05.100")), 0o600))
	got, err = a.calls()
	require.NoError(t, err)
	require.Equal(t, []tally{
		{scale("get"), 1, 0, 0, at(4000), at(4100)}, {scale("patch"), 1, 0, 1, at(5000), at(5100)},
	}, got)
}
