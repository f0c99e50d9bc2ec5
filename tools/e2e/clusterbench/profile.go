package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profiled is how much of a phase the profile of the CPU is about, from its begin.
const profiled = 10 * time.Second

// profile writes profiles of the operator in a phase that begins now, if that is
// asked for, and then the heap and the goroutines. What came of it is sent when
// that is done.
func (b *bench) profile(ctx context.Context, phase string) <-chan error {
	done := make(chan error, 1)
	if b.operator == nil || b.profiles == "" {
		done <- nil
		return done
	}
	go func() {
		done <- errors.Join(
			b.download(ctx, phase, "cpu", fmt.Sprintf("profile?seconds=%.0f", profiled.Seconds())),
			b.download(ctx, phase, "heap", "heap?gc=1"),
			b.download(ctx, phase, "allocs", "allocs"),
			b.download(ctx, phase, "goroutine", "goroutine"),
		)
	}()
	return done
}

func (b *bench) download(ctx context.Context, phase, kind, path string) error {
	url := "http://" + b.pprof + "/debug/pprof/" + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	if err != nil {
		return err
	}
	file := fmt.Sprintf("%d-%s-%s.pprof", b.objects, phase, kind)
	return os.WriteFile(filepath.Join(b.profiles, file), body, 0o600)
}
