package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startKinesis starts an emulator of Kinesis Data Streams. It takes any
// credentials.
func startKinesis(ctx context.Context, h *host) (started, error) {
	program, err := h.npm(ctx, "kinesis-local", "kinesis-local")
	if err != nil {
		return started{}, err
	}
	// It has its certificate in a file that it looks for where it is started.
	certificate, err := os.ReadFile(filepath.Join(filepath.Dir(program), "..", "kinesis-local", "server.json"))
	if err != nil {
		return started{}, err
	}
	if _, err := h.write("server.json", string(certificate)); err != nil {
		return started{}, err
	}
	port, tlsPort := loopback.FreePort(), loopback.FreePort()
	if err := h.run("kinesis", []string{
		"KINESIS_MOCK_PLAIN_PORT=" + strconv.Itoa(port),
		"KINESIS_MOCK_TLS_PORT=" + strconv.Itoa(tlsPort),
		"CREATE_STREAM_DURATION=20ms",
		"UPDATE_SHARD_COUNT_DURATION=20ms",
		"SHARD_LIMIT=10000",
		"LOG_LEVEL=ERROR",
	}, program); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: npmVersion("kinesis-local"), vars: map[string]string{
		"SCALERKIT_TEST_KINESIS": "http://" + loopback.Address(port),
	}}, nil
}

// surviveResets is for a server that ends when a client hangs up in the middle of a
// request, as tests do.
const surviveResets = `process.on('uncaughtException', error => {
	if (error.code !== 'ECONNRESET') {
		console.error(error)
		process.exit(1)
	}
})
`

// startDynamoDB starts an emulator of DynamoDB, which has the leases of the
// consumers of Kinesis. It takes any credentials.
func startDynamoDB(ctx context.Context, h *host) (started, error) {
	program, err := h.npm(ctx, "dynalite", "dynalite")
	if err != nil {
		return started{}, err
	}
	survive, err := h.write("survive.js", surviveResets)
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("dynamodb", []string{"NODE_OPTIONS=--require=" + survive}, program, "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--createTableMs", "0"); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: npmVersion("dynalite"), vars: map[string]string{
		"SCALERKIT_TEST_DYNAMODB": "http://" + loopback.Address(port),
	}}, nil
}
