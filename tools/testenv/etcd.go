package main

import (
	"context"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startEtcd starts a cluster of one, which lets everyone in.
func startEtcd(ctx context.Context, h *host) (started, error) {
	const pkg = "go.etcd.io/etcd/server/v3"
	program, version, err := goTool(ctx, pkg, pkg)
	if err != nil {
		return started{}, err
	}
	address := loopback.Address(loopback.FreePort())
	client, peer := "http://"+address, "http://"+loopback.Address(loopback.FreePort())
	err = h.run("etcd", nil, program, "--name", "scalerkit", "--data-dir", h.path("etcd-data"), "--unsafe-no-fsync",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "scalerkit="+peer)
	if err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return answers(ctx, client+"/health") }); err != nil {
		return started{}, err
	}
	return started{version: version, vars: map[string]string{"SCALERKIT_TEST_ETCD": address}}, nil
}
