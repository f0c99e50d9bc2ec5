package hpa_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// TestMemory looks at a process of its own that publishes 10,000 metrics.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "server")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../hpaload/server").CombinedOutput()
	require.NoError(t, err, "%s", out)
	port := loopback.FreePort()
	p := process.Process{Log: filepath.Join(dir, "log")}
	require.NoError(t, p.Start(dir, nil, program, "-metrics=10000", "-address="+loopback.Address(port),
		"-cert="+server.files.Certificate, "-key="+server.files.Key, "-kubeconfig="+plane.Kubeconfig()))
	defer p.Kill()
	proxy := clientPair(t, plane.FrontProxy(), cluster.FrontProxyName)
	for i := range 10 {
		require.NoError(t, p.Await(t.Context(), func(ctx context.Context) error {
			code, message, err := call(ctx, port, server.authority, proxy,
				fmt.Sprintf("%s/namespaces/load/s0-redis-orders?labelSelector=scaledobject.keda.sh/name%%3Dworker-%d", apiPath, i*1111))
			if err == nil && code != http.StatusOK {
				err = errors.New(message)
			}
			return err
		}))
	}
	usage, err := p.Usage()
	require.NoError(t, err)
	t.Logf("%.1f MiB, at most %.1f MiB", float64(usage.Memory)/(1<<20), float64(usage.PeakMemory)/(1<<20))
	assert.Less(t, usage.PeakMemory, uint64(60<<20))
}
