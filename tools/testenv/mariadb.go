package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var mariadbPackages = debian{
	packages: []string{"mariadb-server"},
	programs: []string{"mariadbd", "mariadb-install-db", "mariadb", "setpriv"},
}

func startMariaDB(ctx context.Context, h *host) (started, error) {
	port := loopback.FreePort()
	dir, err := h.dirOf("mysql", "mariadb", map[string]string{
		"init.sql": strings.Join([]string{
			"CREATE DATABASE " + user + ";",
			fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s';", user, password),
			fmt.Sprintf("GRANT ALL ON *.* TO '%s'@'%%';", user),
		}, "\n") + "\n",
	})
	if err != nil {
		return started{}, err
	}
	asMySQL := []string{"--reuid=mysql", "--regid=mysql", "--clear-groups", "--pdeathsig=KILL"}
	if os.Getuid() != 0 {
		asMySQL = asMySQL[3:]
	}
	data := "--datadir=" + dir + "/data"
	_, err = h.output(ctx, nil, "setpriv", slices.Concat(asMySQL, []string{
		"mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", data,
	})...)
	if err != nil {
		return started{}, err
	}
	err = h.run("mariadb", nil, "setpriv", slices.Concat(asMySQL, []string{
		"mariadbd", "--no-defaults", data, "--bind-address=127.0.0.1", "--port=" + strconv.Itoa(port),
		"--socket=" + dir + "/socket", "--pid-file=" + dir + "/pid", "--init-file=" + dir + "/init.sql",
		"--ssl-cert=" + dir + "/server.pem", "--ssl-key=" + dir + "/server-key.pem",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-name-resolve",
	})...)
	if err != nil {
		return started{}, err
	}
	var version string
	if err := h.await(ctx, func(ctx context.Context) (err error) {
		version, err = h.output(ctx, []string{"MYSQL_PWD=" + password}, "mariadb", "--no-defaults", "--skip-column-names", "--batch",
			"--host=127.0.0.1", "--port="+strconv.Itoa(port), "--user="+user, "--execute=SELECT version()", user)
		return err
	}); err != nil {
		return started{}, err
	}
	return started{version: strings.TrimSpace(version), vars: map[string]string{
		"SCALERKIT_TEST_MYSQL":    loopback.Address(port),
		"SCALERKIT_TEST_MYSQL_CA": h.certs.ca,
	}}, nil
}
