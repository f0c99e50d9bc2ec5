package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// rabbitProgram is what the rabbitmq-server on the PATH would start by way of
// su. Started directly, it needs no particular user.
const rabbitProgram = "/usr/lib/rabbitmq/bin/rabbitmq-server"

var rabbitPackages = debian{
	packages: []string{"rabbitmq-server"}, // with Erlang
	programs: []string{rabbitProgram, "epmd"},
}

func startRabbitMQ(ctx context.Context, h *host) (started, error) {
	amqp, amqps, http, https := loopback.FreePort(), loopback.FreePort(), loopback.FreePort(), loopback.FreePort()
	epmd, err := h.epmd(ctx)
	if err != nil {
		return started{}, err
	}
	env, err := h.rabbitEnv(rabbitConf(amqp, amqps, http, https, h.certs), epmd)
	if err != nil {
		return started{}, err
	}
	if err := h.run("rabbitmq", env, rabbitProgram); err != nil {
		return started{}, err
	}

	login := user + ":" + password + "@"
	s := started{vars: map[string]string{
		"SCALERKIT_TEST_RABBITMQ_AMQP":  "amqp://" + login + loopback.Address(amqp) + "/",
		"SCALERKIT_TEST_RABBITMQ_AMQPS": "amqps://" + login + loopback.Address(amqps) + "/",
		"SCALERKIT_TEST_RABBITMQ_HTTP":  "http://" + login + loopback.Address(http) + "/",
		"SCALERKIT_TEST_RABBITMQ_HTTPS": "https://" + login + loopback.Address(https) + "/",
		"SCALERKIT_TEST_RABBITMQ_CA":    h.certs.ca,
		"SCALERKIT_TEST_RABBITMQ_CERT":  h.certs.clientCert,
		"SCALERKIT_TEST_RABBITMQ_KEY":   h.certs.clientKey,
	}}
	err = h.await(ctx, func(ctx context.Context) error {
		s.version, err = rabbitVersion(ctx, s.vars["SCALERKIT_TEST_RABBITMQ_HTTP"])
		return err
	})
	// The management plugin answers before the broker lets anyone in.
	for _, port := range []int{amqp, amqps, https} {
		if err == nil {
			err = h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) })
		}
	}
	return s, err
}

// epmd starts Erlang's port mapper, without which no node starts. Left alone, a
// node would start one at the port that all share, and leave it behind.
func (h *host) epmd(ctx context.Context) (port int, err error) {
	port = loopback.FreePort()
	if err := h.run("epmd", nil, "epmd", "-port", strconv.Itoa(port), "-address", "127.0.0.1"); err != nil {
		return 0, err
	}
	return port, h.await(ctx, func(ctx context.Context) error { return listening(ctx, port) })
}

// rabbitEnv is the environment of a node that keeps to its directory.
func (h *host) rabbitEnv(conf string, epmd int) ([]string, error) {
	home := h.path("rabbitmq")
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	conf, err := h.write("rabbitmq/rabbitmq.conf", conf)
	if err != nil {
		return nil, err
	}
	plugins, err := h.write("rabbitmq/enabled_plugins", "[rabbitmq_management,rabbitmq_auth_mechanism_ssl].\n")
	if err != nil {
		return nil, err
	}
	return []string{
		"HOME=" + home,
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"ERL_EPMD_PORT=" + strconv.Itoa(epmd),
		"RABBITMQ_NODENAME=scalerkit@localhost",
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(loopback.FreePort()),
		"RABBITMQ_MNESIA_BASE=" + home,
		"RABBITMQ_LOG_BASE=" + home,
		"RABBITMQ_CONFIG_FILE=" + conf,
		"RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins,
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-setcookie " + password + " -kernel inet_dist_use_interface {127,0,0,1}",
		// With input allowed, the script becomes the node instead of its parent,
		// so that there is one process to end. It gets no input all the same.
		"RABBITMQ_ALLOW_INPUT=true",
		"RABBITMQ_SERVER_START_ARGS=-noinput",
	}, nil
}

// rabbitConf configures a node whose statistics are half a second old at most,
// as far as that is in its power.
func rabbitConf(amqp, amqps, http, https int, c certs) string {
	conf := fmt.Sprintf(`default_user = %s
default_pass = %s
collect_statistics_interval = 500
management.rates_mode = basic
management.sample_retention_policies.global.minute = 1
management.sample_retention_policies.basic.minute = 1
management.sample_retention_policies.detailed.10 = 1
disk_free_limit.absolute = 1MB
log.console = true
log.file = false
listeners.tcp.1 = %s
listeners.ssl.1 = %s
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
ssl_cert_login_from = common_name
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
management.tcp.ip = 127.0.0.1
management.tcp.port = %d
management.ssl.ip = 127.0.0.1
management.ssl.port = %d
`, user, password, loopback.Address(amqp), loopback.Address(amqps), http, https)
	for _, section := range []string{"ssl_options", "management.ssl"} {
		conf += fmt.Sprintf("%[1]s.cacertfile = %[2]s\n%[1]s.certfile = %[3]s\n%[1]s.keyfile = %[4]s\n",
			section, c.ca, c.serverCert, c.serverKey)
	}
	return conf
}

// rabbitVersion asks the management plugin.
func rabbitVersion(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"api/overview", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the management plugin answers %s", response.Status)
	}
	var overview struct {
		Version string `json:"rabbitmq_version"`
	}
	err = json.NewDecoder(response.Body).Decode(&overview)
	return overview.Version, err
}
