// Externalscaler is a KEDA external scaler with all of scalerkit's sources, so that
// a cluster that keeps KEDA can have them read by this library:
//
//	go run ./examples/externalscaler -help
//
// README.md says how to set it up. It links all sources; a program that needs a few
// makes its registry of these.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/scalerkit/scalerkit/scalers/all"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

func main() {
	// What the Redis client has to say is in the errors that it returns.
	redis.SetLogger(&logging.VoidLogger{})

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// A config is what the flags say.
type config struct {
	listen, credentials string
	cert, key, clientCA string
	anonymous           bool
}

func flagSet(c *config) *flag.FlagSet {
	f := flag.NewFlagSet("externalscaler", flag.ContinueOnError)
	f.StringVar(&c.listen, "listen", ":6000", "`address` to serve on")
	f.StringVar(&c.cert, "cert", "", "PEM `file` with the server's certificate")
	f.StringVar(&c.key, "key", "", "PEM `file` with its private key")
	f.StringVar(&c.clientCA, "client-ca", "", "PEM `file` with the authority of callers' certificates")
	f.StringVar(&c.credentials, "credentials", "", "YAML `file` with what triggers may name as their credentials")
	f.BoolVar(&c.anonymous, "anonymous", false, "let callers in without a certificate, and without TLS if there is no -cert: on a loopback address alone")
	return f
}

// check says what is wrong with the flags.
func (c *config) check() error {
	files := 0
	for _, file := range []string{c.cert, c.key, c.clientCA} {
		if file != "" {
			files++
		}
	}
	host, _, err := net.SplitHostPort(c.listen)
	switch {
	case err != nil:
		return fmt.Errorf("-listen: %q is not host:port", c.listen)
	case c.anonymous && !isLoopback(host):
		return fmt.Errorf("-anonymous: %q is not a loopback address, such as 127.0.0.1:6000, and whoever calls from elsewhere needs a certificate", c.listen)
	case files == 3 || c.anonymous && files == 0:
		return nil
	}
	return errors.New("-cert, -key and -client-ca go together, and are needed unless there is -anonymous")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c config
	f := flagSet(&c)
	var usage strings.Builder
	f.SetOutput(&usage)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage.String())
		return 0
	case err == nil && f.NArg() > 0:
		fmt.Fprintf(stderr, "externalscaler: %q is no flag\n", f.Arg(0))
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "externalscaler:", err)
		return 2
	}
	if err := c.check(); err != nil {
		fmt.Fprintln(stderr, "externalscaler:", err)
		return 2
	}
	if err := serve(ctx, c, slog.New(slog.NewTextHandler(stderr, nil))); err != nil {
		fmt.Fprintln(stderr, "externalscaler:", err)
		return 1
	}
	return 0
}

// serve serves until ctx ends.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	known, err := readVault(c.credentials)
	if err != nil {
		return err
	}
	var options []grpc.ServerOption
	if c.cert != "" {
		if _, err := c.tls(); err != nil {
			return err
		}
		// Files that are replaced count from the next connection on.
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{
			MinVersion:         tls.VersionTLS12,
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.tls() },
		})))
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return err
	}
	o := newOpener(all.Registry(), known, log)
	s := server.New(server.Options{Open: o.open, Anonymous: c.anonymous}, options...)
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { closed <- s.Close() })
	log.InfoContext(ctx, "serving", "address", listener.Addr().String(), "credentials", len(known))
	if err := s.Serve(listener); err != nil {
		if stop() {
			closed <- s.Close()
		}
		return errors.Join(err, <-closed)
	}
	return <-closed
}

// tls reads the files.
func (c *config) tls() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(c.clientCA)
	if err != nil {
		return nil, err
	}
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no PEM certificate", c.clientCA)
	}
	auth := tls.RequireAndVerifyClientCert
	if c.anonymous {
		auth = tls.VerifyClientCertIfGiven
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: auth, ClientCAs: authority,
		NextProtos: []string{"h2"},
	}, nil
}
