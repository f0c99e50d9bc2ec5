package main

import (
	"context"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startNATS starts a node with JetStream that lets everyone in.
func startNATS(ctx context.Context, h *host) (started, error) {
	program, version, err := goTool(ctx, "github.com/nats-io/nats-server/v2", "github.com/nats-io/nats-server/v2")
	if err != nil {
		return started{}, err
	}
	client, monitoring := loopback.FreePort(), loopback.FreePort()
	if err := h.run("nats", nil, program, "--addr", "127.0.0.1", "--port", strconv.Itoa(client),
		"--http_port", strconv.Itoa(monitoring), "--jetstream", "--store_dir", h.path("nats-data"),
	); err != nil {
		return started{}, err
	}
	for _, port := range []int{client, monitoring} {
		if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
			return started{}, err
		}
	}
	return started{version: version, vars: map[string]string{
		"SCALERKIT_TEST_NATS":            loopback.Address(client),
		"SCALERKIT_TEST_NATS_MONITORING": loopback.Address(monitoring),
	}}, nil
}
