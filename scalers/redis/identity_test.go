package redis_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// cloud is a host that takes tokens.
const cloud = "shop.redis.cache.windows.net"

// identities have one token, and count who has not closed them.
type identities struct {
	token, scope string
	err          error
	open         atomic.Int64
}

func (i *identities) Open(_ scalerkit.Identity, scope string, _ scalerkit.Options) (driver.TokenSource, error) {
	i.scope = scope
	i.open.Add(1)
	return &tokens{identities: i}, nil
}

type tokens struct {
	*identities
	once sync.Once
}

func (t *tokens) Token(context.Context) (string, error) { return t.token, t.err }

func (t *tokens) Close() error {
	t.once.Do(func() { t.open.Add(-1) })
	return nil
}

// withTLS forwards what comes over TLS to a fake, with a certificate for cloud, and
// returns a dial that leads everything there.
func withTLS(t *testing.T, f *fake) (ca string, dial driver.DialFunc) {
	pair := tlstest.NewPair(t, "server", cloud)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair.Certificate}, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { _ = listener.Close() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(context.Background(), "tcp", f.address())
			if err != nil {
				_ = conn.Close()
				return
			}
			for _, pair := range [][2]net.Conn{{conn, server}, {server, conn}} {
				serving.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				})
			}
		}
	})
	return pair.Cert, func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}
}

func TestATokenInPlaceOfAPassword(t *testing.T) {
	f := newFake(t)
	f.update("orders", func(v *value) { v.size = 7 })
	ca, dial := withTLS(t, f)
	bearer := func(user string) string { // a token that says whose it is
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"oid":"`+user+`"}`)) + ".x"
	}
	f.token = bearer(username)
	options := scalerkit.Options{Dial: dial, IdentityEndpoints: []string{"redis.shop.svc:6379"}}
	for name, c := range map[string]struct {
		address  string
		metadata values
		token    string
		err      error
		want     string
	}{
		"a host of the cloud":   {address: cloud + ":6380", token: bearer(username)},
		"with a user":           {address: cloud + ":6380", token: bearer(username), metadata: values{"username": username}},
		"a token of a stranger": {address: cloud + ":6380", token: bearer("stranger"), want: `read size of "orders": access denied: WRONGPASS invalid username-password pair or user is disabled.`},
		"a token of nobody's":   {address: cloud + ":6380", token: "opaque", want: `read size of "orders": the token does not say whose it is: give the object's ID as the user`},
		"an identity unknown":   {address: cloud + ":6380", err: scalerkit.ErrDenied, want: `read size of "orders": access denied`},
		"one without proof":     {address: "other.redis.cache.windows.net:6380", token: bearer(username), want: `read size of "orders": tls: failed to verify certificate: x509: certificate is valid for ` + cloud + `, not other.redis.cache.windows.net`},
	} {
		t.Run(name, func(t *testing.T) {
			i := &identities{token: c.token, err: c.err}
			s, err := redis.Driver(func(c *redis.Config) { c.Tokens = i }).Open(scalerkit.Spec{
				Metadata: values{"address": c.address, "listName": "orders", "enableTLS": "true"}.with(c.metadata),
				Auth:     scalerkit.Secrets(values{"ca": ca}), Identity: scalerkit.Identity{Provider: "azure-workload"},
			}, options)
			require.NoError(t, err)
			r, err := s.Read(t.Context())
			if c.want != "" {
				require.EqualError(t, err, c.want)
			} else {
				require.NoError(t, err)
				require.EqualValues(t, 7, r.Value)
			}
			require.Equal(t, "https://redis.azure.com/.default", i.scope)
			require.NoError(t, s.Close())
			require.Zero(t, i.open.Load())
		})
	}
}

func TestWhereATokenMayNotGo(t *testing.T) {
	const trigger = `redis-cluster trigger "orders": `
	const must = ` may not be sent the token of an identity: use *.redis.cache.windows.net, *.redis.azure.net, *.redisenterprise.cache.azure.net, or let the administrator list it as an identity endpoint`
	for want, c := range map[string]struct{ metadata, auth values }{
		trigger + `address: "redis.example.com:6379"` + must:                                                   {metadata: values{"address": "redis.example.com:6379", "enableTLS": "true"}},
		trigger + `enableTLS: has to be true: the token of an identity goes nowhere without TLS`:               {metadata: values{"address": cloud + ":6380"}},
		trigger + `unsafeSsl: does not go with the token of an identity: the server has to prove who it is`:    {metadata: values{"address": cloud + ":6380", "enableTLS": "true", "unsafeSsl": "true"}},
		trigger + `podIdentity: is not used: there is a password, or it is not of the provider azure-workload`: {metadata: values{"address": "redis:6379"}, auth: values{"password": "p"}},
		"": {metadata: values{"address": "redis.shop.svc:6379"}}, // which is listed, and so are its risks
	} {
		_, err := redis.ClusterDriver(func(c *redis.Config) { c.Tokens = new(identities) }).Open(scalerkit.Spec{
			Name: "orders", Metadata: values{"listName": "orders"}.with(c.metadata), Auth: scalerkit.Secrets(c.auth),
			Identity: scalerkit.Identity{Provider: "azure-workload"},
		}, scalerkit.Options{IdentityEndpoints: []string{"redis.shop.svc"}})
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
	spec := scalerkit.Spec{
		Name: "orders", Metadata: values{"listName": "orders", "address": cloud + ":6380", "enableTLS": "true", "sentinelMaster": "m"},
		Identity: scalerkit.Identity{Provider: "azure-workload"},
	}
	_, err := redis.Driver().Open(spec, scalerkit.Options{})
	require.EqualError(t, err, `redis trigger "orders": podIdentity: "azure-workload" is not a provider that this program and this trigger type know`)
	_, err = redis.SentinelDriver(func(c *redis.Config) { c.Tokens = new(identities) }).Open(spec, scalerkit.Options{})
	require.EqualError(t, err, `redis-sentinel trigger "orders": podIdentity: does not go with sentinels, of which the cloud has none`)
	// KEDA has no other identities for Redis, and ignores them.
	spec.Identity.Provider = "gcp"
	var warned []string
	s, err := redis.Driver().Open(spec, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { warned = append(warned, e.Error()) }})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, []string{`redis trigger "orders": podIdentity: is not used: there is a password, or it is not of the provider azure-workload`}, warned)
}

// A cluster says where its nodes are, and a token goes to those of the cloud only.
func TestANodeOfAStrangerIsNotDialled(t *testing.T) {
	f := newFake(t)
	f.token, f.node = "t", "10.1.2.3"
	ca, dial := withTLS(t, f)
	var dialled atomic.Int64
	s, err := redis.ClusterDriver(func(c *redis.Config) { c.Tokens = &identities{token: "t"} }).Open(scalerkit.Spec{
		Metadata: values{"address": cloud + ":6380", "listName": "orders", "enableTLS": "true", "username": username},
		Auth:     scalerkit.Secrets(values{"ca": ca}), Identity: scalerkit.Identity{Provider: "azure-workload"},
	}, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != cloud+":6380" {
			dialled.Add(1)
			return nil, errors.New("this is a stranger")
		}
		return dial(ctx, network, address)
	}})
	require.NoError(t, err)
	_, err = s.Read(t.Context())
	require.ErrorContains(t, err, "may not be sent the token of an identity")
	require.Zero(t, dialled.Load())
	require.NoError(t, s.Close())
}
