package main

import (
	"context"
	"os"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startMongoDB starts FerretDB, which lets everyone in.
func startMongoDB(ctx context.Context, h *host) (started, error) {
	program, version, err := goTool(ctx, "github.com/FerretDB/FerretDB", "github.com/scalerkit/scalerkit/tools/testenv/servers/ferretdb")
	if err != nil {
		return started{}, err
	}
	data := h.path("ferretdb-data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("ferretdb", nil, program, loopback.Address(port), data); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: version, vars: map[string]string{"SCALERKIT_TEST_MONGODB": loopback.Address(port)}}, nil
}
