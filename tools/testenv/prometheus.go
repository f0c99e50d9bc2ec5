package main

import (
	"context"
	"fmt"
	"regexp"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var prometheusPackages = debian{
	packages: []string{"prometheus"},
	programs: []string{"prometheus"},
}

// passwordHash is the password as bcrypt has it, at its lowest cost.
const passwordHash = "$2a$04$fD26IUO9rgu8tr0y1YXv2.OCKMkPNblFxDzKKMIcapVBpuWWolgpu"

// startPrometheus starts a server that scrapes nothing: tests write to it.
func startPrometheus(ctx context.Context, h *host) (started, error) {
	conf, err := h.write("prometheus.yml", "global: {}\n")
	if err != nil {
		return started{}, err
	}
	web, err := h.write("prometheus-web.yml", fmt.Sprintf(`tls_server_config:
  cert_file: %s
  key_file: %s
  client_ca_file: %s
  client_auth_type: VerifyClientCertIfGiven
basic_auth_users:
  %s: %s
`, h.certs.serverCert, h.certs.serverKey, h.certs.ca, user, passwordHash))
	if err != nil {
		return started{}, err
	}
	port := loopback.FreePort()
	if err := h.run("prometheus", nil, "prometheus", "--config.file="+conf, "--web.config.file="+web,
		"--storage.tsdb.path="+h.path("prometheus"),
		"--web.listen-address="+loopback.Address(port), "--web.enable-remote-write-receiver",
	); err != nil {
		return started{}, err
	}
	if err := h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) }); err != nil {
		return started{}, err
	}
	version, err := h.output(ctx, nil, "prometheus", "--version")
	return started{version: prometheusVersion(version), vars: map[string]string{
		"SCALERKIT_TEST_PROMETHEUS":      "https://" + loopback.Address(port),
		"SCALERKIT_TEST_PROMETHEUS_CA":   h.certs.ca,
		"SCALERKIT_TEST_PROMETHEUS_CERT": h.certs.clientCert,
		"SCALERKIT_TEST_PROMETHEUS_KEY":  h.certs.clientKey,
	}}, err
}

// prometheusVersion reads the version from what prometheus --version says.
func prometheusVersion(text string) string {
	return regexp.MustCompile(`version ([^ +]+)|$`).FindStringSubmatch(text)[1]
}
