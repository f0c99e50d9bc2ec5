package main

import (
	"context"
	"slices"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

const seleniumVersion = "4.47.0"

// startSelenium starts a Grid with a node for Chrome, which is never asked for a
// session: it has none. What asks for another browser waits.
func startSelenium(ctx context.Context, h *host) (started, error) {
	jars, err := mavenJars(ctx, "selenium-"+seleniumVersion, "org.seleniumhq.selenium:selenium-grid:"+seleniumVersion)
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("selenium", nil, "java", slices.Concat(javaFlags(jars), []string{
		"org.openqa.selenium.grid.Bootstrap", "standalone", "--host", "127.0.0.1", "--port", strconv.Itoa(port),
		"--username", user, "--password", password,
		"--selenium-manager", "false", "--detect-drivers", "false", "--enable-managed-downloads", "true", "--max-sessions", "2",
		"--driver-configuration", `display-name="chrome"`, `stereotype={"browserName":"chrome","platformName":"linux"}`, "max-sessions=2", "webdriver-executable=/bin/true",
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
