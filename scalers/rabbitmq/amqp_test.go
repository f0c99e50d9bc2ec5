package rabbitmq_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlshint/tlshinttest"
)

func TestAMQPVhosts(t *testing.T) {
	f := newFake()
	f.vhosts["a/b"] = map[string]stats{"orders": {ready: 3}}
	f.set("/", "orders", stats{ready: 1})
	f.set("shop", "orders", stats{ready: 2})
	address := f.serveAMQP(t, nil)
	for name, c := range map[string]struct {
		path     string
		metadata values
		want     float64
	}{
		"no path":                    {"", nil, 1},
		"the default vhost":          {"/", nil, 1},
		"the default vhost, escaped": {"/%2F", nil, 1},
		"a vhost":                    {"/shop", nil, 2},
		"an escaped vhost":           {"/a%2Fb", nil, 3},
		"another vhost":              {"/shop", values{"vhostName": "a/b"}, 3},
		"the default vhost, named":   {"/shop", values{"vhostName": "/"}, 1},
		"parameters for others":      {"/shop?heartbeat=7&connection_timeout=1", nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			requireValue(t, c.want, opened(t, scalerkit.Options{}, values{"host": "amqp://" + address + c.path}.with(c.metadata), login))
		})
	}
}

func TestAMQPLogins(t *testing.T) {
	authority := newCA(t)
	f := newFake()
	f.set("/", "orders", stats{ready: 4})
	plain, secured := f.serveAMQP(t, nil), f.serveAMQP(t, authority.server())
	certs := authority.client(username)
	tlsOf := func(name string) values {
		c := authority.client(name)
		return values{"tls": "enable", "ca": c.CA, "cert": c.Cert, "key": c.Key.Reveal()}
	}
	const refused = `access denied: ACCESS_REFUSED - Login was refused using authentication mechanism %s. For details see the broker logfile. (403)`
	for name, c := range map[string]struct {
		host string
		meta values
		auth values
		want string // of the error
	}{
		"user and password in host":                       {host: "amqp://" + username + ":" + password + "@" + plain},
		"user and password":                               {host: "amqp://" + plain, auth: login},
		"user and password override":                      {host: "amqp://u:p@" + plain, auth: login},
		"a trusted server":                                {host: "amqps://" + secured, auth: login.with(values{"ca": certs.CA})},
		"any server":                                      {host: "amqps://" + secured, meta: values{"unsafeSsl": "true"}, auth: login},
		"a client certificate":                            {host: "amqps://" + secured, auth: tlsOf(username)},
		"a client certificate and its subject":            {host: "amqps://CN=" + username + "@" + secured, auth: tlsOf(username)},
		"a client certificate, a subject and no password": {host: "amqps://CN=" + username + ",O=x:@" + secured, auth: tlsOf(username)},
		"another certificate, and login in host":          {host: "amqps://" + username + ":" + password + "@" + secured, auth: tlsOf("other")},
		"another certificate, and login":                  {host: "amqps://" + secured, auth: tlsOf("other").with(login)},
		"wrong password": {host: "amqp://" + plain, auth: login.with(values{"password": "hunter2"}),
			want: fmt.Sprintf(refused, "PLAIN")},
		"another certificate": {host: "amqps://" + secured, auth: tlsOf("other"), want: fmt.Sprintf(refused, "EXTERNAL")},
		"another certificate, whatever the subject": {host: "amqps://CN=" + username + "@" + secured, auth: tlsOf("other"),
			want: fmt.Sprintf(refused, "EXTERNAL")},
		"no credentials": {host: "amqp://" + plain, want: fmt.Sprintf(refused, "PLAIN")},
		"an unknown server": {host: "amqps://" + secured, auth: login,
			want: "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"a server without TLS": {host: "amqps://" + plain, auth: login,
			want: "the server does not speak TLS on this port, and was spoken to with TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, scalerkit.Options{}, values{"host": c.host}.with(c.meta), c.auth)
			if c.want == "" {
				requireValue(t, 4, s)
				return
			}
			_, err := read(s)
			require.EqualError(t, err, `read queue "orders": `+c.want)
			if strings.Contains(c.want, "denied") {
				require.ErrorIs(t, err, scalerkit.ErrDenied)
			}
		})
	}
}

// hints are what an error says where one end speaks TLS and the other does not.
var hints = struct{ expectsTLS, expectsNone, hungUp, hungUpOnTLS string }{
	"the server speaks TLS on this port, and was spoken to without TLS",
	"the server does not speak TLS on this port, and was spoken to with TLS",
	"the server hung up without a word, as one does that expects TLS",
	"the server hung up in the TLS handshake without a word, as one does that does not expect TLS",
}

func TestWhoSpeaksTLSIsNamed(t *testing.T) {
	for _, c := range []struct{ scheme, answer, want string }{
		{"amqp", tlshinttest.Alert, "connection lost: " + hints.expectsTLS},
		{"amqp", "", "connection lost: " + hints.hungUp},
		{"amqps", "AMQP\x00\x00\x09\x01", hints.expectsNone},
		{"amqps", "", hints.hungUpOnTLS},
		{"http", tlshinttest.Alert, hints.expectsTLS},
		{"http", "", hints.hungUp},
		{"https", "HTTP/1.1 400 Bad Request\r\n\r\n", hints.expectsNone},
		{"https", "", hints.hungUpOnTLS},
	} {
		host := c.scheme + "://" + tlshinttest.Serve(t, c.answer)
		requireHint(t, host, c.want)
	}
}

func TestWhoSpeaksTLSIsNamedOnServer(t *testing.T) {
	at := func(variable string) string { return serverURL(t, "SCALERKIT_TEST_RABBITMQ_"+variable).Host }
	requireHint(t, "amqp://"+at("AMQPS"), "connection lost: "+hints.expectsTLS)
	requireHint(t, "amqps://"+at("AMQP"), hints.expectsNone)
	requireHint(t, "http://"+at("HTTPS"), hints.expectsTLS)
	requireHint(t, "https://"+at("HTTP"), hints.expectsNone)
}

// requireHint fails the test unless a trigger on the host fails with the hint.
func requireHint(t *testing.T, host, want string) {
	t.Helper()
	if strings.HasPrefix(host, "http") {
		want = "GET " + host + "/api/queues/%2F/orders: no answer: " + want
	}
	_, err := read(opened(t, scalerkit.Options{}, values{"host": host}, login))
	require.EqualError(t, err, `read queue "orders": `+want)
}

func TestAMQPErrors(t *testing.T) {
	f := newFake()
	f.set("/", "down", stats{state: "down"})
	sullen := newFake()
	sullen.sullen = true
	host := "amqp://" + f.serveAMQP(t, nil)
	for name, c := range map[string]struct {
		metadata, auth values
		notFound       bool
		want           string
	}{
		"no such queue": {metadata: values{"queueName": "nothing"}, notFound: true,
			want: `read queue "nothing": not found: NOT_FOUND - no queue 'nothing' in vhost '/' (404)`},
		"no such vhost": {metadata: values{"vhostName": "nowhere"}, notFound: true,
			want: `read queue "orders": not found: NOT_ALLOWED - vhost nowhere not found (530)`},
		"a queue whose node is down": {metadata: values{"queueName": "down"},
			want: `read queue "down": NOT_FOUND - home node 'rabbit@b' of durable queue 'down' in vhost '/' is down or inaccessible (404)`},
		"a server that hangs up": {metadata: values{"host": "amqp://" + sullen.serveAMQP(t, nil)}, auth: values{"password": "hunter2"},
			want: `read queue "orders": connection lost: EOF`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(opened(t, scalerkit.Options{}, values{"host": host}.with(c.metadata), login.with(c.auth)))
			require.EqualError(t, err, c.want)
			require.NotErrorIs(t, err, scalerkit.ErrDenied)
			if c.notFound {
				require.ErrorIs(t, err, scalerkit.ErrNotFound)
			} else {
				require.NotErrorIs(t, err, scalerkit.ErrNotFound)
			}
		})
	}
}

// A queue that does not answer is one failure, and takes no longer than a time
// limit of its own.
func TestAMQPSilentQueue(t *testing.T) {
	t.Parallel()
	f := newFake()
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	host := "amqp://" + f.serveAMQP(t, nil)
	scalers := make([]scalerkit.Scaler, 50)
	for i := range scalers {
		name := fmt.Sprintf("q%d", i)
		f.set("/", name, stats{ready: i})
		scalers[i] = opened(t, options, values{"host": host, "queueName": name}, login)
	}
	f.set("/", "q7", stats{state: "silent"})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for i, r := range scalerkit.ReadAll(ctx, scalers...) {
		if i == 7 {
			require.EqualError(t, r.Err, `read queue "q7": connection lost: no answer in time`)
			continue
		}
		require.NoError(t, r.Err)
		require.InDelta(t, i, r.Reading.Value, 0)
	}
	requireValue(t, 1, scalers[1])
}

// A server that accepts connections and says nothing keeps nobody for long.
func TestAMQPSilentServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	_, err = read(opened(t, scalerkit.Options{}, values{"host": "amqp://" + listener.Addr().String()}, login))
	require.EqualError(t, err, `read queue "orders": connection lost: no answer in time`)
}

func TestAMQPSOnServer(t *testing.T) {
	host := serverURL(t, "SCALERKIT_TEST_RABBITMQ_AMQPS").String()
	authority, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_RABBITMQ_CA"))
	require.NoError(t, err)
	const queue = "secured"
	require.NoError(t, fill(context.Background(), t, serverChannel(t), queue, 3))
	requireValue(t, 3, opened(t, scalerkit.Options{}, values{"host": host, "queueName": queue}, values{"ca": string(authority)}))
	requireValue(t, 3, opened(t, scalerkit.Options{}, values{"host": host, "queueName": queue, "unsafeSsl": "true"}, nil))

	cert, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_RABBITMQ_CERT"))
	require.NoError(t, err)
	key, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_RABBITMQ_KEY"))
	require.NoError(t, err)
	for _, user := range []string{"", "CN=" + username + "@"} {
		requireValue(t, 3, opened(t, scalerkit.Options{}, values{"queueName": queue}, values{
			"host": "amqps://" + user + serverURL(t, "SCALERKIT_TEST_RABBITMQ_AMQPS").Host,
			"tls":  "enable", "ca": string(authority), "cert": string(cert), "key": string(key),
		}))
	}
}
