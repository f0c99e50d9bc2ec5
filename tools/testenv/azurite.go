package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startAzurite starts Azure's storage emulator, of which blobs and queues are
// wanted. Its account and key are those that every emulator has, and its
// manual shows.
func startAzurite(ctx context.Context, h *host) (started, error) {
	program, err := h.npm(ctx, "azurite", "azurite")
	if err != nil {
		return started{}, err
	}
	blobs, queues, tables := loopback.FreePort(), loopback.FreePort(), loopback.FreePort()
	if err := h.run("azurite", nil, program, "--silent", "--disableTelemetry", "--inMemoryPersistence",
		"--skipApiVersionCheck", // the client's version of the API may be newer
		"--blobPort", strconv.Itoa(blobs), "--queuePort", strconv.Itoa(queues), "--tablePort", strconv.Itoa(tables),
	); err != nil {
		return started{}, err
	}
	for _, port := range []int{blobs, queues} {
		if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
			return started{}, err
		}
	}
	const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	return started{version: npmVersion("azurite"), vars: map[string]string{
		"SCALERKIT_TEST_AZURITE": fmt.Sprintf("BlobEndpoint=http://%s/devstoreaccount1;QueueEndpoint=http://%s/devstoreaccount1;AccountName=devstoreaccount1;AccountKey=%s",
			loopback.Address(blobs), loopback.Address(queues), key),
	}}, nil
}
