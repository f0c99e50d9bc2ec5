package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

func TestProcess(t *testing.T) {
	p := process.Process{Log: filepath.Join(t.TempDir(), "log")}
	p.Kill() // it was not started
	require.NoError(t, p.Start(t.TempDir(), []string{"WORD=hello"}, "sh", "-c", "echo $WORD; exec sleep 60"))
	require.NoError(t, p.Await(t.Context(), func(context.Context) error {
		if p.Tail() != "hello" {
			return errors.New("not yet")
		}
		return nil
	}))
	usage, err := p.Usage()
	require.NoError(t, err)
	assert.Greater(t, usage.Memory, uint64(100<<10))
	assert.GreaterOrEqual(t, usage.PeakMemory, usage.Memory)
	assert.Less(t, usage.Anonymous, usage.Memory)
	assert.Less(t, usage.CPU, time.Minute)
	p.Kill()
	<-p.Exited()

	require.NoError(t, p.Start(t.TempDir(), nil, "sh", "-c", "echo no; exit 3"))
	err = p.Await(t.Context(), func(context.Context) error { return errors.New("not yet") })
	require.EqualError(t, err, "ended: exit status 3: hello | no")
	require.ErrorIs(t, p.Start(t.TempDir(), nil, "/no/such/program"), os.ErrNotExist)
}

func TestPoll(t *testing.T) {
	asked := 0
	require.NoError(t, process.Poll(t.Context(), time.Minute, func(context.Context) error {
		if asked++; asked < 3 {
			return errors.New("not yet")
		}
		return nil
	}))
	assert.Equal(t, 3, asked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := process.Poll(ctx, time.Minute, func(context.Context) error { return errors.New("not yet") })
	require.EqualError(t, err, "context canceled: not yet")
}
