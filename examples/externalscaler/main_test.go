package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external"
)

func TestMain(m *testing.M) {
	redis.SetLogger(&logging.VoidLogger{})
	os.Exit(m.Run())
}

func TestFlags(t *testing.T) {
	const together = "externalscaler: -cert, -key and -client-ca go together, and are needed unless there is -anonymous\n"
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, together},
		{[]string{"-cert", "a", "-key", "b"}, 2, together},
		{[]string{"-anonymous", "-listen", "127.0.0.1:0", "-cert", "a"}, 2, together},
		{[]string{"-anonymous"}, 2, "externalscaler: -anonymous: \":6000\" is not a loopback address, such as 127.0.0.1:6000, and whoever calls from elsewhere needs a certificate\n"},
		{[]string{"-anonymous", "-listen", "6000"}, 2, "externalscaler: -listen: \"6000\" is not host:port\n"},
		{[]string{"-port", "6000"}, 2, "externalscaler: flag provided but not defined: -port\n"},
		{[]string{"serve"}, 2, "externalscaler: \"serve\" is no flag\n"},
		{[]string{"-anonymous", "-listen", "localhost:0", "-credentials", "/no/such/file"}, 1, "externalscaler: open /no/such/file: no such file or directory\n"},
		{[]string{"-cert", "/no/such/cert", "-key", "/no/such/key", "-client-ca", "/no/such/ca"}, 1, "externalscaler: open /no/such/cert: no such file or directory\n"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, c.code, run(t.Context(), c.args, &stdout, &stderr))
		require.Equal(t, c.want, stderr.String())
		require.Empty(t, stdout.String())
	}
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"-help"}, &stdout, &stderr))
	require.Contains(t, stdout.String(), "-client-ca file")
	require.Empty(t, stderr.String())
}

// A pair is a certificate, which is an authority by itself, and its key in PEM.
type pair struct{ cert, key string }

func newPair(t *testing.T) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pair{
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
}

// started runs the program until the test ends, and returns its address.
func started(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), io.Discard, write)
		write.Close()
	}()
	t.Cleanup(func() {
		stop()
		require.Zero(t, <-code)
	})
	lines := bufio.NewReader(read)
	first, err := lines.ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	address := regexp.MustCompile(`msg=serving address=(\S+) `).FindStringSubmatch(first)
	require.NotNil(t, address, first)
	return address[1]
}

// asked is an external trigger of the kind that KEDA has.
func asked(t *testing.T, s external.Server, owner scalerkit.Key, metadata values) scalerkit.Scaler {
	t.Helper()
	scaler, err := external.NewPush(external.Config{Server: s, Owner: owner, Metadata: metadata}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

func TestKEDAsTriggersAreReadByOurSources(t *testing.T) {
	broker := miniredis.RunT(t)
	broker.RequireAuth("hunter2")
	there := broker.Addr()
	us, them, stranger := newPair(t), newPair(t), newPair(t)
	t.Setenv("REDIS_PASSWORD", "hunter2")
	address := started(t,
		"-cert", written(t, "cert", us.cert), "-key", written(t, "key", us.key), "-client-ca", written(t, "ca", them.cert),
		"-credentials", written(t, "credentials.yaml", "credentials:\n- {namespace: shop, name: redis, parameters: {password: {env: REDIS_PASSWORD}}}\n"))
	known := external.Server{Address: address, CACert: us.cert, ClientCert: them.cert, ClientKey: scalerkit.NewSecret(them.key)}
	list := func(i int) values {
		return values{"triggerType": "redis", "triggerCredentials": "redis", "address": there, "listName": fmt.Sprintf("orders-%d", i)}
	}
	for i := range 20 {
		_, err := broker.Push(fmt.Sprintf("orders-%d", i), make([]string, i+1)...)
		require.NoError(t, err)
		r, err := asked(t, known, shop, list(i)).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, scalerkit.Reading{Value: float64(i + 1), Target: 5, Activity: scalerkit.Active, Time: r.Time}, r)
	}
	require.LessOrEqual(t, broker.CurrentConnectionCount(), 2, "all triggers share the connections of one")

	_, err := asked(t, known, scalerkit.Key{Namespace: "mail", Name: "orders"}, list(0)).Read(t.Context())
	require.ErrorContains(t, err, `InvalidArgument: redis trigger: triggerCredentials: there are no credentials "redis" for namespace "mail"`)
	anonymous := external.Server{Address: address, CACert: us.cert}
	_, err = asked(t, anonymous, shop, list(0)).Read(t.Context())
	require.Error(t, err)
	anonymous.ClientCert, anonymous.ClientKey = stranger.cert, scalerkit.NewSecret(stranger.key)
	_, err = asked(t, anonymous, shop, list(0)).Read(t.Context())
	require.Error(t, err)

	broker.Close()
	_, err = asked(t, known, shop, list(30)).Read(t.Context())
	require.ErrorContains(t, err, "Unavailable: read size of \"orders-30\"", "an outage is no list without elements")
}

func TestAnonymousCallersOnThisMachine(t *testing.T) {
	broker := miniredis.RunT(t)
	_, err := broker.Push("orders", "1")
	require.NoError(t, err)
	trigger := values{"triggerType": "redis", "address": broker.Addr(), "listName": "orders"}
	r, err := asked(t, external.Server{Address: started(t, "-anonymous")}, shop, trigger).Read(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Value)

	us, them := newPair(t), newPair(t)
	address := started(t, "-anonymous", "-cert", written(t, "cert", us.cert), "-key", written(t, "key", us.key), "-client-ca", written(t, "ca", them.cert))
	r, err = asked(t, external.Server{Address: address, CACert: us.cert}, shop, trigger).Read(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Value)
}

// Those that push do so for KEDA as well.
func TestSourcesThatPush(t *testing.T) {
	s := asked(t, external.Server{Address: started(t, "-anonymous")}, shop, values{
		"triggerType": "cron", "timezone": "UTC", "start": "0 0 29 2 *", "end": "* * * * *", "desiredReplicas": "3",
	})
	woken := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.(scalerkit.Watcher).Watch(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	select {
	case <-woken: // it is open but for a minute in four years
	case err := <-ended:
		t.Fatal(err)
	}
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}
