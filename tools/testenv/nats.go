package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startNATS starts a node with JetStream that lets everyone in.
func startNATS(ctx context.Context, h *host) (started, error) {
	client, monitoring := loopback.FreePort(), loopback.FreePort()
	version, err := natsNode(ctx, h, "nats", "127.0.0.1", client, monitoring)
	if err != nil {
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

// startNATSCluster starts three nodes. Their ports are the same, as they are in a
// cluster, and their addresses differ.
func startNATSCluster(ctx context.Context, h *host) (started, error) {
	client, monitoring, cluster := loopback.FreePort(), loopback.FreePort(), loopback.FreePort()
	var version string
	var clients, endpoints, routes []string
	for i := range 3 {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.%d:%d", i+1, cluster))
	}
	for i := range 3 {
		address := fmt.Sprintf("127.0.0.%d", i+1)
		var err error
		version, err = natsNode(ctx, h, fmt.Sprintf("nats-cluster-%d", i), address, client, monitoring,
			"--cluster_name", "scalerkit", "--cluster", fmt.Sprintf("nats://%s:%d", address, cluster), "--routes", strings.Join(routes, ","))
		if err != nil {
			return started{}, err
		}
		clients = append(clients, fmt.Sprintf("%s:%d", address, client))
		endpoints = append(endpoints, fmt.Sprintf("%s:%d", address, monitoring))
	}
	for _, endpoint := range endpoints { // once they have a leader, streams can be made
		if err := h.await(ctx, func(ctx context.Context) error { return answers(ctx, "http://"+endpoint+"/healthz") }); err != nil {
			return started{}, err
		}
	}
	return started{version: version, vars: map[string]string{
		"SCALERKIT_TEST_NATS_CLUSTER":            clients[0],
		"SCALERKIT_TEST_NATS_CLUSTER_MONITORING": strings.Join(endpoints, ","),
	}}, nil
}

// natsNode runs a node at an address and returns its version.
func natsNode(ctx context.Context, h *host, name, address string, client, monitoring int, more ...string) (string, error) {
	program, version, err := goTool(ctx, "github.com/nats-io/nats-server/v2", "github.com/nats-io/nats-server/v2")
	if err != nil {
		return "", err
	}
	return version, h.run(name, nil, program, slices.Concat([]string{
		"--name", name, "--addr", address, "--port", strconv.Itoa(client), "--http_port", strconv.Itoa(monitoring),
		"--jetstream", "--store_dir", h.path(name + "-data"),
	}, more)...)
}
