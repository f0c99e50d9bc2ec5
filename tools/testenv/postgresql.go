package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var postgresPackages = debian{
	packages: []string{"postgresql", "pgbouncer"},
	programs: []string{"psql", "pgbouncer", "setpriv"},
}

func startPostgreSQL(ctx context.Context, h *host) (started, error) {
	bin, err := postgresBin()
	if err != nil {
		return started{}, err
	}
	port, bouncerPort := loopback.FreePort(), loopback.FreePort()
	dir, err := h.dirOf("postgres", "postgresql", map[string]string{
		"password": password,
		"users":    fmt.Sprintf("%q %q\n", user, password),
		"pgbouncer.ini": strings.Join([]string{
			"[databases]",
			fmt.Sprintf("* = host=127.0.0.1 port=%d", port),
			"[pgbouncer]",
			"listen_addr = 127.0.0.1",
			"listen_port = " + strconv.Itoa(bouncerPort),
			"unix_socket_dir =",
			"auth_type = scram-sha-256",
			"auth_file = users",
			"pool_mode = transaction",
		}, "\n") + "\n",
	})
	if err != nil {
		return started{}, err
	}
	asPostgres := []string{"--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", "env", "-C", dir}
	if os.Getuid() != 0 {
		asPostgres = asPostgres[4:]
	}
	_, err = h.output(ctx, nil, "setpriv", slices.Concat(asPostgres, []string{
		filepath.Join(bin, "initdb"), "--pgdata=data", "--username=" + user, "--pwfile=password",
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync",
	})...)
	if err != nil {
		return started{}, err
	}
	server := []string{filepath.Join(bin, "postgres"), "-D", "data", "-p", strconv.Itoa(port), "-k", ""}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=16MB", "dynamic_shared_memory_type=mmap",
		"ssl=on", "ssl_cert_file=" + dir + "/server.pem", "ssl_key_file=" + dir + "/server-key.pem",
	} {
		server = append(server, "-c", setting)
	}
	if err := h.run("postgresql", nil, "setpriv", slices.Concat(asPostgres, server)...); err != nil {
		return started{}, err
	}
	h.processes[0].graceful = true // or else each run leaves a segment of shared memory
	if err := h.run("pgbouncer", nil, "setpriv", slices.Concat(asPostgres, []string{"pgbouncer", "pgbouncer.ini"})...); err != nil {
		return started{}, err
	}
	var version string
	for _, port := range []int{port, bouncerPort} {
		if err := h.await(ctx, func(ctx context.Context) (err error) {
			version, err = h.output(ctx, []string{"PGPASSWORD=" + password}, "psql", "--no-psqlrc", "--tuples-only", "--no-align",
				"--host=127.0.0.1", "--port="+strconv.Itoa(port), "--username="+user, "--command=SHOW server_version", "postgres")
			return err
		}); err != nil {
			return started{}, err
		}
	}
	return started{version: strings.Fields(version)[0], vars: map[string]string{
		"SCALERKIT_TEST_POSTGRESQL":    loopback.Address(port),
		"SCALERKIT_TEST_POSTGRESQL_CA": h.certs.ca,
		"SCALERKIT_TEST_PGBOUNCER":     loopback.Address(bouncerPort),
	}}, nil
}

// postgresBin returns where Debian has the newest server that is installed.
func postgresBin() (string, error) {
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(all) == 0 {
		return "", fmt.Errorf("no server in /usr/lib/postgresql: %w", os.ErrNotExist)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return all[len(all)-1], nil
}
