package main

import (
	"context"
	"os/exec"
	"strings"
)

var chromiumPackages = debian{
	packages: []string{"chromium", "fonts-dejavu-core"}, // without fonts no text has a width
	programs: []string{"chromium"},
}

// startChromium starts nothing: each test starts a browser of its own.
func startChromium(ctx context.Context, h *host) (started, error) {
	out, err := h.output(ctx, nil, "chromium", "--version") // … Chromium 156.0.8078.108 built on Debian …
	if err != nil {
		return started{}, err
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		return started{}, err
	}
	_, version, _ := strings.Cut(out, "Chromium ")
	version, _, _ = strings.Cut(version, " ")
	return started{version: version, vars: map[string]string{
		"SCALERKIT_TEST_CHROMIUM": path,
	}}, nil
}
