package main

import (
	"context"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startGCS starts fake-gcs-server, which is Cloud Storage in memory, for whoever
// comes with any token or none.
func startGCS(ctx context.Context, h *host) (started, error) {
	program, version, err := goTool(ctx, "github.com/fsouza/fake-gcs-server", "github.com/fsouza/fake-gcs-server")
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	err = h.run("gcs", nil, program, "-scheme", "http", "-host", "127.0.0.1", "-port", strconv.Itoa(port), "-backend", "memory")
	if err != nil {
		return started{}, err
	}
	url := "http://" + loopback.Address(port)
	if err := h.await(ctx, func(ctx context.Context) error { return answers(ctx, url+"/_internal/healthcheck") }); err != nil {
		return started{}, err
	}
	return started{version: version, vars: map[string]string{"SCALERKIT_TEST_GCS": url}}, nil
}
