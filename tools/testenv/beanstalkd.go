package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var beanstalkdPackages = debian{
	packages: []string{"beanstalkd"},
	programs: []string{"beanstalkd"},
}

// startBeanstalkd starts a server that keeps all in memory.
func startBeanstalkd(ctx context.Context, h *host) (started, error) {
	version, err := h.output(ctx, nil, "beanstalkd", "-v") // beanstalkd 1.12
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("beanstalkd", nil, "beanstalkd", "-l", "127.0.0.1", "-p", strconv.Itoa(port)); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: strings.TrimPrefix(strings.TrimSpace(version), "beanstalkd "), vars: map[string]string{
		"SCALERKIT_TEST_BEANSTALKD": loopback.Address(port),
	}}, nil
}
