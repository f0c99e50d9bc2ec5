package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

var influxPackages = debian{
	packages: []string{"influxdb"},
	programs: []string{"influxd"},
}

// startInfluxDB starts a server of version 1, whose API for InfluxQL version 3 has,
// too. It lets the user in by a token, and has a database of the same name.
func startInfluxDB(ctx context.Context, h *host) (started, error) {
	port, backup := loopback.FreePort(), loopback.FreePort()
	conf, err := h.write("influxdb.conf", fmt.Sprintf(`reporting-disabled = true
bind-address = %[1]q
[meta]
dir = %[2]q
[data]
dir = %[3]q
wal-dir = %[4]q
[http]
bind-address = %[5]q
auth-enabled = true
shared-secret = %[6]q
log-enabled = false
`, loopback.Address(backup), h.path("influxdb-meta"), h.path("influxdb-data"), h.path("influxdb-wal"), loopback.Address(port), password))
	if err != nil {
		return started{}, err
	}
	if err := h.run("influxdb", nil, "influxd", "run", "-config", conf); err != nil {
		return started{}, err
	}
	address := "http://" + loopback.Address(port)
	for _, statement := range []string{
		fmt.Sprintf("CREATE USER %s WITH PASSWORD '%s' WITH ALL PRIVILEGES", user, password),
		"CREATE DATABASE " + user,
	} {
		if err := h.await(ctx, func(ctx context.Context) error { return influxDo(ctx, address, statement) }); err != nil {
			return started{}, err
		}
	}
	version, err := h.output(ctx, nil, "influxd", "version")
	return started{version: influxVersion(version), vars: map[string]string{"SCALERKIT_TEST_INFLUXDB": address}}, err
}

// influxDo executes a statement. While there are no users, anybody may make one.
func influxDo(ctx context.Context, address, statement string) error {
	form := url.Values{"q": {statement}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/query", strings.NewReader(form))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(user, password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", statement, response.Status)
	}
	return nil
}

// influxVersion reads the version from what influxd version says.
func influxVersion(text string) string {
	return regexp.MustCompile(`v(\d\S+)|$`).FindStringSubmatch(text)[1]
}
