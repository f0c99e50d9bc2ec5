package main

import (
	"context"
	"slices"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const seleniumVersion = "4.47.0"

// startSelenium starts a hub without nodes: what asks for a session waits.
func startSelenium(ctx context.Context, h *host) (started, error) {
	jars, err := mavenJars(ctx, "selenium-"+seleniumVersion, "org.seleniumhq.selenium:selenium-grid:"+seleniumVersion)
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	event := func() string { return "tcp://" + loopback.Address(loopback.FreePort()) }
	if err := h.run("selenium", nil, "java", slices.Concat(javaFlags(jars), []string{
		"org.openqa.selenium.grid.Bootstrap", "hub", "--host", "127.0.0.1", "--port", strconv.Itoa(port),
		"--publish-events", event(), "--subscribe-events", event(), "--username", user, "--password", password,
	})...); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	return started{version: seleniumVersion, vars: map[string]string{
		"SCALERKIT_TEST_SELENIUM": "http://" + loopback.Address(port),
	}}, nil
}
