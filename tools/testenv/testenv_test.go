package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

func TestChoose(t *testing.T) {
	from := []server{{name: "redis"}, {name: "redis-cluster"}, {name: "redisson"}, {name: "rabbitmq"}}
	for names, want := range map[string]string{
		"":                      "redis redis-cluster redisson rabbitmq",
		"redis":                 "redis redis-cluster",
		"redis-cluster":         "redis-cluster",
		"rabbitmq, redis,redis": "redis redis-cluster rabbitmq",
	} {
		chosen, err := choose(from, names)
		var got []string
		for _, s := range chosen {
			got = append(got, s.name)
		}
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("choose %q = %v, %v, want %s", names, got, err, want)
		}
	}
	if _, err := choose(from, "redis,kafka"); err == nil || err.Error() != `there is no server "kafka": -list names them` {
		t.Errorf("choosing a server that is not there: %v", err)
	}
}

func TestMissing(t *testing.T) {
	if err := (debian{programs: []string{"go"}}).missing(nil); err != nil {
		t.Errorf("go is missing: %v", err)
	}
	d := debian{packages: []string{"no-such-server"}, programs: []string{"go", "/no/such/server"}}
	for want, refusal := range map[string]error{
		"no /no/such/server: not root":                                 errors.New("not root"),
		"/no/such/server did not come with the package no-such-server": nil,
	} {
		if err := d.missing(refusal); err == nil || err.Error() != want {
			t.Errorf("missing(%v) = %v, want %s", refusal, err, want)
		}
	}
}

func TestLastLines(t *testing.T) {
	if got := lastLines([]byte("one\ntwo\nthree\n\n"), 2); got != "two | three" {
		t.Errorf("lastLines = %q", got)
	}
	if got := lastLines(nil, 2); got != "" {
		t.Errorf("lastLines of nothing = %q", got)
	}
}

func TestFreePort(t *testing.T) {
	var seen []int
	for range 50 {
		port := loopback.FreePort()
		if slices.Contains(seen, port) {
			t.Fatalf("port %d was given out twice", port)
		}
		seen = append(seen, port)
	}
}

func TestRedisVersion(t *testing.T) {
	if got := redisVersion("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n"); got != "7.0.15" {
		t.Errorf("redisVersion = %q", got)
	}
}

// TestCerts shakes hands as a server and a client would.
func TestCerts(t *testing.T) {
	c, err := newCerts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(c.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	serverCert, err := tls.LoadX509KeyPair(c.serverCert, c.serverKey)
	if err != nil {
		t.Fatal(err)
	}
	clientCert, err := tls.LoadX509KeyPair(c.clientCert, c.clientKey)
	if err != nil {
		t.Fatal(err)
	}

	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	server := tls.Server(here, &tls.Config{Certificates: []tls.Certificate{serverCert}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert})
	client := tls.Client(there, &tls.Config{Certificates: []tls.Certificate{clientCert}, RootCAs: roots, ServerName: "127.0.0.1"})
	served := make(chan error, 1)
	go func() { served <- server.HandshakeContext(t.Context()) }()
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Error("client:", err)
	}
	go io.Copy(io.Discard, client) //nolint:errcheck // the server's session tickets
	if err := <-served; err != nil {
		t.Error("server:", err)
	}
	if got := server.ConnectionState().PeerCertificates[0].Subject.CommonName; got != user {
		t.Errorf("the client is %q", got)
	}
}

func TestHost(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h := &host{dir: t.TempDir()}
	if err := h.run("sleep", nil, "sleep", "60"); err != nil {
		t.Fatal(err)
	}
	asked := 0
	if err := h.await(ctx, func(context.Context) error {
		if asked++; asked < 3 {
			return errors.New("not yet")
		}
		return nil
	}); err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}

	if err := h.run("broken", []string{"WORD=port"}, "sh", "-c", "echo no $WORD; exit 3"); err != nil {
		t.Fatal(err)
	}
	err := h.await(ctx, func(context.Context) error { return errors.New("not yet") })
	if want := "broken ended: exit status 3: no port"; err == nil || err.Error() != want {
		t.Errorf("await = %v, want %s", err, want)
	}

	if err := h.run("graceful", nil, "sh", "-c", "trap 'touch ended; exit' INT; touch ready; while :; do sleep 0.01; done"); err != nil {
		t.Fatal(err)
	}
	h.processes[2].graceful = true
	alone := &host{processes: h.processes[2:]}
	if err := alone.await(ctx, func(context.Context) error { _, err := os.Stat(h.path("ready")); return err }); err != nil {
		t.Fatal(err)
	}

	h.end()
	if _, err := os.Stat(h.path("ended")); err != nil {
		t.Error("a process that is to end by itself could not:", err)
	}
	for _, p := range h.processes {
		if p.cmd.ProcessState == nil {
			t.Errorf("%s goes on", p.name)
		}
	}
}

func TestRunPassesTheExitCodeOn(t *testing.T) {
	var log strings.Builder
	for script, want := range map[string]int{"true": 0, "exit 7": 7, "kill -9 $$": 1} {
		if code, err := serve(t.Context(), nil, command([]string{"sh", "-c", script}), &log); code != want {
			t.Errorf("%s: code %d, %v", script, code, err)
		}
	}
}

func TestMissingServer(t *testing.T) {
	none := server{name: "none", start: func(context.Context, *host) (started, error) {
		return started{}, errors.New("it is not well")
	}}
	for ci, want := range map[string]int{"": 0, "true": 1} {
		t.Setenv("CI", ci)
		var log strings.Builder
		code, err := serve(t.Context(), []server{none}, command([]string{"true"}), &log)
		if code != want || log.String() != "skipped: none: it is not well\n" {
			t.Errorf("CI=%s: code %d, %v, log %q", ci, code, err, &log)
		}
	}
}

func TestGoBuild(t *testing.T) {
	module, cache := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  "module hello\n",
		"main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(cache, "servers", "hello")
	if err := goBuild(t.Context(), module, "hello", program); err != nil {
		t.Fatal(err)
	}
	out, err := (&host{}).output(t.Context(), nil, program)
	if out != "hello\n" || err != nil {
		t.Errorf("the program prints %q, %v", out, err)
	}
	if left, err := os.ReadDir(filepath.Dir(program)); len(left) != 1 || err != nil {
		t.Errorf("beside the program there is %v, %v", left, err)
	}

	err = goBuild(t.Context(), module, "hello/none", program)
	want := "go build -o "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "hello/none") {
		t.Errorf("building a package that is not there: %v, want %s…", err, want)
	}
}
