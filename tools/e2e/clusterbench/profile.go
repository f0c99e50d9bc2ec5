package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scalerkit/scalerkit/tools/e2e/operator"
)

// profiled is how much of a phase the profile of the CPU is about, from its begin.
const profiled = 10 * time.Second

// profile writes profiles of the API server and the operator in a phase that begins
// now, if that is asked for, and then the operator's heap and goroutines. It returns
// what waits until that is done.
func (b *bench) profile(ctx context.Context, phase string) (wait func() error) {
	var group errgroup.Group
	if b.profiles == "" {
		return group.Wait
	}
	cpu := fmt.Sprintf("/debug/pprof/profile?seconds=%.0f", profiled.Seconds())
	group.Go(func() error {
		profile, err := b.client.RESTClient().Get().RequestURI(cpu).DoRaw(ctx)
		if err != nil {
			return fmt.Errorf("profiling the API server: %w", err)
		}
		return b.keep(phase, "apiserver-cpu", profile)
	})
	if b.operator != nil {
		group.Go(func() error {
			return errors.Join(
				b.download(ctx, phase, "cpu", cpu),
				b.download(ctx, phase, "heap", "/debug/pprof/heap?gc=1"),
				b.download(ctx, phase, "allocs", "/debug/pprof/allocs"),
				b.download(ctx, phase, "goroutine", "/debug/pprof/goroutine"),
			)
		})
	}
	return group.Wait
}

func (b *bench) download(ctx context.Context, phase, kind, path string) error {
	body, err := operator.Get(ctx, b.pprof, path)
	if err != nil {
		return err
	}
	return b.keep(phase, "operator-"+kind, []byte(body))
}

// keep writes a profile of a phase. Its name says who was at work.
func (b *bench) keep(phase, kind string, profile []byte) error {
	if err := os.MkdirAll(b.profiles, 0o750); err != nil {
		return err
	}
	who := "bare"
	if b.operator != nil {
		who = "managed"
	}
	file := fmt.Sprintf("%d-%s-%s-%s.pprof", b.objects, who, phase, kind)
	return os.WriteFile(filepath.Join(b.profiles, file), profile, 0o600)
}
