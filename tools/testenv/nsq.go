package main

import (
	"context"
	"fmt"
	"os"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startNSQ starts nsqlookupd and two nsqd that it knows.
func startNSQ(ctx context.Context, h *host) (started, error) {
	const module = "github.com/nsqio/nsq"
	lookupd, version, err := goTool(ctx, module, module+"/apps/nsqlookupd")
	if err != nil {
		return started{}, err
	}
	nsqd, _, err := goTool(ctx, module, module+"/apps/nsqd")
	if err != nil {
		return started{}, err
	}
	lookupdTCP, lookupdHTTP := loopback.Address(loopback.FreePort()), loopback.FreePort()
	if err := h.run("nsqlookupd", nil, lookupd, "-tcp-address", lookupdTCP, "-http-address", loopback.Address(lookupdHTTP)); err != nil {
		return started{}, err
	}
	ports := []int{lookupdHTTP}
	for i := range 2 {
		dir := h.path(fmt.Sprintf("nsqd-%d", i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return started{}, err
		}
		ports = append(ports, loopback.FreePort())
		if err := h.run(fmt.Sprintf("nsqd-%d", i), nil, nsqd, "-data-path", dir, "-broadcast-address", "127.0.0.1",
			"-tcp-address", loopback.Address(loopback.FreePort()), "-http-address", loopback.Address(ports[i+1]),
			"-lookupd-tcp-address", lookupdTCP,
		); err != nil {
			return started{}, err
		}
	}
	for _, port := range ports {
		if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
			return started{}, err
		}
	}
	return started{version: version, vars: map[string]string{
		"SCALERKIT_TEST_NSQ_LOOKUPD": loopback.Address(lookupdHTTP),
		"SCALERKIT_TEST_NSQ":         loopback.Address(ports[1]) + "," + loopback.Address(ports[2]),
	}}, nil
}
