package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var redisPackages = debian{
	packages: []string{"redis-server"}, // with redis-tools
	programs: []string{"redis-server", "redis-cli"},
}

func startRedis(ctx context.Context, h *host) (started, error) {
	port, tlsPort := loopback.FreePort(), loopback.FreePort()
	if err := h.redis("redis", port,
		"tls-port "+strconv.Itoa(tlsPort),
		"tls-ca-cert-file "+h.certs.ca,
		"tls-cert-file "+h.certs.serverCert,
		"tls-key-file "+h.certs.serverKey,
		"tls-auth-clients optional",
	); err != nil {
		return started{}, err
	}
	return h.redisStarted(ctx, port, "PING", "PONG", map[string]string{
		"SCALERKIT_TEST_REDIS":      loopback.Address(port),
		"SCALERKIT_TEST_REDIS_TLS":  loopback.Address(tlsPort),
		"SCALERKIT_TEST_REDIS_CA":   h.certs.ca,
		"SCALERKIT_TEST_REDIS_CERT": h.certs.clientCert,
		"SCALERKIT_TEST_REDIS_KEY":  h.certs.clientKey,
	})
}

func startRedisCluster(ctx context.Context, h *host) (started, error) {
	var nodes [3]int
	create := []string{"--cluster", "create"}
	for i := range nodes {
		nodes[i] = loopback.FreePort()
		create = append(create, loopback.Address(nodes[i]))
		if err := h.redis(fmt.Sprintf("redis-cluster-%d", i), nodes[i],
			"cluster-enabled yes",
			"cluster-port "+strconv.Itoa(loopback.FreePort()), // the usual one, 10000 higher, may be taken or be none
			"cluster-node-timeout 5000",
		); err != nil {
			return started{}, err
		}
	}
	for _, port := range nodes {
		if err := h.awaitRedis(ctx, port, "PING", "PONG"); err != nil {
			return started{}, err
		}
	}
	if _, err := h.redisCLI(ctx, append(create, "--cluster-yes")...); err != nil {
		return started{}, err
	}
	for _, port := range nodes[1:] {
		if err := h.awaitRedis(ctx, port, "CLUSTER INFO", "cluster_state:ok"); err != nil {
			return started{}, err
		}
	}
	return h.redisStarted(ctx, nodes[0], "CLUSTER INFO", "cluster_state:ok", map[string]string{
		"SCALERKIT_TEST_REDIS_CLUSTER": strings.Join(create[2:], ","),
	})
}

func startRedisSentinel(ctx context.Context, h *host) (started, error) {
	master, replica, sentinel := loopback.FreePort(), loopback.FreePort(), loopback.FreePort()
	if err := h.redis("redis-master", master, "repl-diskless-sync-delay 0"); err != nil {
		return started{}, err
	}
	if err := h.redis("redis-replica", replica, fmt.Sprintf("replicaof 127.0.0.1 %d", master)); err != nil {
		return started{}, err
	}
	// A sentinel finds the replicas by asking its master, which it does every
	// ten seconds, so the replica had better be there when it first asks.
	if err := h.awaitRedis(ctx, master, "INFO replication", "state=online"); err != nil {
		return started{}, err
	}
	conf, err := h.write("redis-sentinel.conf", redisConf(sentinel, h.dir,
		fmt.Sprintf("sentinel monitor scalerkit 127.0.0.1 %d 1", master),
		"sentinel auth-pass scalerkit "+password,
		"sentinel down-after-milliseconds scalerkit 1000",
		"sentinel failover-timeout scalerkit 5000",
	))
	if err != nil {
		return started{}, err
	}
	if err := h.run("redis-sentinel", nil, "redis-server", conf, "--sentinel"); err != nil {
		return started{}, err
	}
	return h.redisStarted(ctx, sentinel, "SENTINEL replicas scalerkit", "runid", map[string]string{
		"SCALERKIT_TEST_REDIS_SENTINEL": loopback.Address(sentinel),
	})
}

// redis starts a server that is configured by settings.
func (h *host) redis(name string, port int, settings ...string) error {
	dir := h.path(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	settings = append(settings, `save ""`, "appendonly no", "masterauth "+password)
	conf, err := h.write(name+".conf", redisConf(port, dir, settings...))
	if err != nil {
		return err
	}
	return h.run(name, nil, "redis-server", conf)
}

// redisConf is the configuration of a server or a sentinel.
func redisConf(port int, dir string, settings ...string) string {
	return strings.Join(append([]string{
		"bind 127.0.0.1",
		"port " + strconv.Itoa(port),
		"dir " + dir,
		"requirepass " + password,
		"user " + user + " on >" + password + " ~* &* +@all",
	}, settings...), "\n") + "\n"
}

// redisStarted awaits an answer and returns the server with its version.
func (h *host) redisStarted(ctx context.Context, port int, command, answer string, vars map[string]string) (started, error) {
	if err := h.awaitRedis(ctx, port, command, answer); err != nil {
		return started{}, err
	}
	info, err := h.redisCLI(ctx, "-p", strconv.Itoa(port), "INFO", "server")
	return started{version: redisVersion(info), vars: vars}, err
}

// redisVersion reads the version from an answer to INFO.
func redisVersion(info string) string {
	_, rest, _ := strings.Cut(info, "redis_version:")
	version, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(version)
}

// awaitRedis waits until the answer to a command contains want.
func (h *host) awaitRedis(ctx context.Context, port int, command, want string) error {
	return h.await(ctx, func(ctx context.Context) error {
		got, err := h.redisCLI(ctx, append([]string{"-p", strconv.Itoa(port)}, strings.Fields(command)...)...)
		if err == nil && !strings.Contains(got, want) {
			err = fmt.Errorf("%s at port %d does not say %q", command, port, want)
		}
		return err
	})
}

func (h *host) redisCLI(ctx context.Context, args ...string) (string, error) {
	return h.output(ctx, []string{"REDISCLI_AUTH=" + password}, "redis-cli", args...)
}
