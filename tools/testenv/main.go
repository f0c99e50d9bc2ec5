// Testenv runs a command with real servers beside it.
//
//	go run ./tools/testenv [-servers redis,rabbitmq] -- go test ./...
//
// It installs the servers that are missing, starts each on free ports of the
// loopback interface and in a temporary directory, tells the command by
// environment variables where they are, and stops them when it ends. Its exit
// code is the command's (which "go run" turns into 1).
//
// With -tests, the command is go vet and go test in every module of go.work, by
// itself (GOWORK=off), and a line says of each test that was skipped why it was:
//
//	go run ./tools/testenv -tests -- -race
//
// A server that cannot be had is said in one line and passed over: its
// variables are not set, and the tests that want them skip themselves. With
// CI=true it is a failure instead, and so is a skipped test, but for the few
// that need an account with a service; see skips.go.
//
// The variables are:
//
//	SCALERKIT_TEST_REDIS           host:port of a server with a password and an ACL user
//	SCALERKIT_TEST_REDIS_TLS       host:port of the same server's TLS port
//	SCALERKIT_TEST_REDIS_CA        the file with the CA that signed its certificate
//	SCALERKIT_TEST_REDIS_CERT      a client certificate, which the server accepts and does not ask for
//	SCALERKIT_TEST_REDIS_KEY       and its private key
//	SCALERKIT_TEST_REDIS_CLUSTER   host:port,host:port,host:port of three masters
//	SCALERKIT_TEST_REDIS_SENTINEL  host:port of a sentinel with a password; the master's name is "scalerkit"
//	SCALERKIT_TEST_RABBITMQ_AMQP   amqp://user:password@host:port/
//	SCALERKIT_TEST_RABBITMQ_AMQPS  the same with TLS
//	SCALERKIT_TEST_RABBITMQ_HTTP   http://user:password@host:port/ of the management plugin
//	SCALERKIT_TEST_RABBITMQ_HTTPS  the same with TLS
//	SCALERKIT_TEST_RABBITMQ_CA     the file with the CA that signed its certificate
//	SCALERKIT_TEST_RABBITMQ_CERT   a client certificate, which logs its user in
//	SCALERKIT_TEST_RABBITMQ_KEY    and its private key
//	SCALERKIT_TEST_KAFKA           host:port of a listener that lets everyone in
//	SCALERKIT_TEST_KAFKA_SASL      host:port of a listener with SASL PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512
//	SCALERKIT_TEST_KAFKA_KERBEROS  host:port of another node's listener with SASL GSSAPI
//	SCALERKIT_TEST_KAFKA_KERBEROS_OPEN   host:port of its listener that lets everyone in
//	SCALERKIT_TEST_KAFKA_KERBEROS_CONFIG the file krb5.conf, with the realm "SCALERKIT.TEST"
//	SCALERKIT_TEST_KAFKA_KERBEROS_KEYTAB the file with the user's key
//	SCALERKIT_TEST_KAFKA_KERBEROS_CACHE  a file with a ticket of the user's
//	SCALERKIT_TEST_POSTGRESQL      host:port of a server with a database "postgres", with TLS or without
//	SCALERKIT_TEST_POSTGRESQL_CA   the file with the CA that signed its certificate
//	SCALERKIT_TEST_PGBOUNCER       host:port of a PgBouncer in transaction mode before it
//	SCALERKIT_TEST_MYSQL           host:port of a server of MariaDB's with a database "scalerkit", with TLS or without
//	SCALERKIT_TEST_MYSQL_CA        the file with the CA that signed its certificate
//	SCALERKIT_TEST_PROMETHEUS      https://host:port of a server with basic authentication and remote write
//	SCALERKIT_TEST_PROMETHEUS_CA   the file with the CA that signed its certificate
//	SCALERKIT_TEST_PROMETHEUS_CERT a client certificate, which the server verifies and does not ask for
//	SCALERKIT_TEST_PROMETHEUS_KEY  and its private key
//	SCALERKIT_TEST_INFLUXDB        http://host:port of a server with a database "scalerkit" that takes tokens which the password signs
//	SCALERKIT_TEST_OPENSEARCH      http://host:port of a node that lets everyone in
//	SCALERKIT_TEST_SELENIUM        http://host:port of a Selenium Grid, whose node for Chrome takes two sessions that it cannot start
//	SCALERKIT_TEST_AZURITE         the connection string of a storage account
//	SCALERKIT_TEST_KINESIS         http://host:port of Amazon Kinesis
//	SCALERKIT_TEST_DYNAMODB        http://host:port of Amazon DynamoDB
//	SCALERKIT_TEST_SQS             http://host:port of Amazon SQS
//	SCALERKIT_TEST_GCS             http://host:port of Google's Cloud Storage
//	SCALERKIT_TEST_ETCD            host:port of etcd, which lets everyone in
//	SCALERKIT_TEST_MONGODB         host:port of a server that speaks the protocol of MongoDB, and lets everyone in
//	SCALERKIT_TEST_NATS            host:port of a NATS server with JetStream
//	SCALERKIT_TEST_NATS_MONITORING host:port of its monitoring endpoint
//	SCALERKIT_TEST_NATS_CLUSTER    host:port of one of three nodes
//	SCALERKIT_TEST_NATS_CLUSTER_MONITORING host:port,host:port,host:port of their monitoring endpoints
//	SCALERKIT_TEST_NSQ_LOOKUPD     host:port of nsqlookupd's HTTP interface
//	SCALERKIT_TEST_NSQ             host:port,host:port of the HTTP interfaces of two nsqd
//	SCALERKIT_TEST_ACTIVEMQ        host:port of ActiveMQ's Jolokia; the broker's name is "localhost"
//	SCALERKIT_TEST_ARTEMIS         host:port of Artemis' Jolokia; the broker's name is "localhost"
//	SCALERKIT_TEST_BEANSTALKD      host:port of a server
//	SCALERKIT_TEST_CHROMIUM        the path of a browser
//
// Every user is "scalerkit" and every password "scalerkit-test", but for those
// that an emulator has of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("testenv", flag.ContinueOnError)
	flags.SetOutput(stderr)
	names := flags.String("servers", "", "start only these `names`: redis stands for redis-cluster and redis-sentinel too")
	goTest := flags.Bool("tests", false, "the arguments are flags of go test: vet and test all modules of the workspace")
	list := flags.Bool("list", false, "print the names of the servers and exit")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: testenv [flags] -- command [arguments]\n       testenv -tests [flags] -- [flags of go test]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *list {
		for _, s := range servers {
			fmt.Fprintf(stdout, "%-15s %s\n", s.name, s.doc)
		}
		return 0
	}
	if flags.NArg() == 0 && !*goTest {
		flags.Usage()
		return 2
	}
	chosen, err := choose(servers, *names)
	if err != nil {
		fmt.Fprintln(stderr, "testenv:", err)
		return 2
	}

	endWithParent()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	do := command(flags.Args())
	if *goTest {
		do = tests(flags.Args(), stdout)
	}
	code, err := serve(ctx, chosen, do, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "testenv:", err)
	}
	return code
}

// serve starts the servers, does the job, and ends what it started.
func serve(ctx context.Context, chosen []server, do job, log io.Writer) (code int, err error) {
	dir, err := os.MkdirTemp("", "scalerkit-testenv-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	certs, err := newCerts(dir)
	if err != nil {
		return 1, fmt.Errorf("making certificates: %w", err)
	}

	hosts, outcomes := startAll(ctx, chosen, dir, certs, log)
	defer func() {
		for _, h := range hosts {
			h.end()
		}
	}()
	if ctx.Err() != nil {
		return 1, context.Cause(ctx)
	}
	env := os.Environ()
	missing := 0
	for i, o := range outcomes {
		if o.err != nil {
			missing++
			fmt.Fprintf(log, "skipped: %s: %v\n", chosen[i].name, o.err)
		}
		for name, value := range o.vars {
			env = append(env, name+"="+value)
		}
	}
	if missing > 0 && inCI() {
		return 1, fmt.Errorf("%d of %d servers could not be had, which CI takes for a failure", missing, len(chosen))
	}
	return do(ctx, env)
}

// An outcome is what became of a server: it started, or err says why not.
type outcome struct {
	started
	err error
}

// startAll starts the servers side by side. Its results are in their order.
func startAll(ctx context.Context, chosen []server, dir string, certs certs, log io.Writer) ([]*host, []outcome) {
	refusal := install(ctx, chosen, log)
	hosts := make([]*host, len(chosen))
	outcomes := make([]outcome, len(chosen))
	var wg sync.WaitGroup
	for i, s := range chosen {
		hosts[i] = &host{dir: dir, certs: certs}
		if outcomes[i].err = s.needs.missing(refusal); outcomes[i].err != nil {
			continue
		}
		wg.Go(func() {
			begin := time.Now()
			got, err := s.start(ctx, hosts[i])
			if outcomes[i] = (outcome{got, err}); err == nil {
				fmt.Fprintf(log, "started: %s %s, %d ms\n", s.name, got.version, time.Since(begin).Milliseconds())
			}
		})
	}
	wg.Wait()
	return hosts, outcomes
}
