package main

import (
	"context"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startSQS starts an emulator of Amazon SQS. It takes any credentials.
func startSQS(ctx context.Context, h *host) (started, error) {
	program, err := h.npm(ctx, "fauxqs", "fauxqs")
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("sqs", []string{"FAUXQS_PORT=" + strconv.Itoa(port), "FAUXQS_LOGGER=false"}, program); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: npmVersion("fauxqs"), vars: map[string]string{
		"SCALERKIT_TEST_SQS": "http://" + loopback.Address(port),
	}}, nil
}
